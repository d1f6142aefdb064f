// Package whatif shows the book of an offer under other caps, rates, yields, spreads and clearing
// levels, and finds the smallest of them that takes a level or a series whole. Nothing of it is
// published.
package whatif
