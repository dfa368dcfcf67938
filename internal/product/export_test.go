package product

// Match gives tests what selections match names with.
var Match = match
