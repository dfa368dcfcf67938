// Package project is the files of a project: as a folder, and as the archive in
// which one revision of them travels and is kept.
//
// It packs folders and unpacks archives that nobody has reason to trust, finds
// the workflows in an unpacked one, says what projects and what is in them may
// be called, and gives tasks folders to work in. It knows neither databases nor
// HTTP, and of object storage only the form of a key.
package project
