// Package notebook reads and writes notebooks in the forms in which people keep
// them: ipynb files, and scripts and documents whose cells are marked in text.
//
// A notebook that was read from a text keeps that text. What is written in the
// same format again differs only where a cell was added, changed or removed.
//
// The package is pure. It runs nothing, looks for no kernels, and knows of
// pipelines only the names upstream and product.
package notebook
