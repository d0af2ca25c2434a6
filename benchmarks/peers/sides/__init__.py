"""What each toolkit is asked to do, a module a toolkit; each runs in a process of its own."""
