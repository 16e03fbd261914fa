//! Headless commands: text and JSON output, exit codes.
