package cli_test

// standIn does nothing where no runner calls programs.
func standIn() {}
