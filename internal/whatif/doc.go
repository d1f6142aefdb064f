// Package whatif shows the book of an offer under other caps and rates, and finds the smallest
// amount of a cap that takes a level or a series whole. Nothing of it is published.
package whatif
