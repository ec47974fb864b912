package com.acme.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

final class AuditLog {
    private final Writer sink;
    private final boolean isDebug = Boolean.getBoolean("debug");

    AuditLog() {
        try {
            sink = Files.newBufferedWriter(Path.of("/dev/null"));
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    void debug(String text) {
        if (isDebug) write(text);
    }

    synchronized void write(String text) {
        try {
            sink.write(text);
            sink.write('\n');
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }
}
