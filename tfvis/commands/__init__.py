"""The subcommands of `tfvis`, a module each."""
