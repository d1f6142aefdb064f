// Package strictyaml reads the plain part of YAML that people's files may use: mappings,
// lists and single values, each with its place in the file. What makes a file say
// something else than it shows (anchors, aliases, tags, merged, complex and repeated keys,
// directives, tabs, invisible characters) is a fault, and so is nesting that no such file
// has. Every fault has its line, its column and, where the file may be shown, an excerpt.
package strictyaml
