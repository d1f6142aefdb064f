package schedule

import (
	"slices"
	"strconv"
	"strings"
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// withSunday writes the Sunday that cron knows as 7 as 0, which is all that the parser
// knows: in the field of the weekday of an expression of five fields, also at the end of a
// range such as 5-7.
func withSunday(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) != 5 {
		return expression
	}
	parts := strings.Split(fields[4], ",")
	for i, part := range parts {
		parts[i] = sundayPart(part)
	}
	fields[4] = strings.Join(parts, ",")
	return strings.Join(fields, " ")
}

// sundayPart does so in one item of the field. What it does not understand stays as it is.
func sundayPart(part string) string {
	days, step, stepped := strings.Cut(part, "/")
	from, to, isRange := strings.Cut(days, "-")
	if from == "7" {
		from = "0"
	}
	if !isRange {
		if days == "7" {
			return "0" // with a step, too: nothing comes after it
		}
		return part
	}
	first, last := weekday(from), weekday(to)
	if last == 0 && first > 0 {
		last = 7
	}
	every := 1
	if stepped {
		every, _ = strconv.Atoi(step)
	}
	if first < 0 || last != 7 || every < 1 {
		return strings.Replace(part, days, strings.Join([]string{from, to}, "-"), 1)
	}
	var all []string
	for day := first; day <= last; day += every {
		all = append(all, strconv.Itoa(day%7))
	}
	return strings.Join(all, ",")
}

// weekday is the number of a day, or of its English name; -1 for none.
func weekday(s string) int {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= 7 {
		return n
	}
	return slices.Index(weekdays, strings.ToLower(s))
}
