package container

// Parse reads a line of a list.
var Parse = parse

// Archive is what an engine gets of an input.
var Archive = archive
