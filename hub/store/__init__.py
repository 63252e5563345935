"""What survives: tables, writer, journal, outbox, timers, runs, history."""
