package com.acme.ledger;

import java.util.HashMap;
import java.util.Map;

final class MessageParser {
    Payment parse(String message) {
        Map<String, String> fields = split(message);
        return new Payment(
            Long.parseLong(fields.get("id")),
            normalize(fields.get("from")),
            normalize(fields.get("to")),
            Long.parseLong(fields.get("cents")),
            fields.get("currency"),
            clean(fields.get("text")));
    }

    private Map<String, String> split(String message) {
        Map<String, String> fields = new HashMap<>();
        int begin = 0;
        while (begin < message.length()) {
            int end = message.indexOf(';', begin);
            if (end < 0) end = message.length();
            int equals = message.indexOf('=', begin);
            fields.put(message.substring(begin, equals), message.substring(equals + 1, end));
            begin = end + 1;
        }
        return fields;
    }

    private String normalize(String account) {
        return account.strip().toUpperCase();
    }

    /** Letters that banks accept, and no blanks in a row. */
    private String clean(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        char last = ' ';
        for (int place = 0; place < text.length(); place++) {
            char letter = text.charAt(place);
            if (!Character.isLetterOrDigit(letter) && ",.-/ ".indexOf(letter) < 0) continue;
            if (letter != ' ' || last != ' ') kept.append(letter);
            last = letter;
        }
        return kept.toString();
    }
}
