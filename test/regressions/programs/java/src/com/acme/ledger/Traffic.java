package com.acme.ledger;

final class Traffic {
    private static final String[] CURRENCIES = {"EUR", "USD", "SEK", "GBP"};

    /** The message with the given number, always the same. */
    static String message(int number, int accounts) {
        return "id=" + number
            + ";from=DE" + (number * 31 % accounts)
            + ";to=FR" + (number * 17 % accounts)
            + ";cents=" + (number * 37 % 90_000)
            + ";currency=" + CURRENCIES[number % 4]
            + ";text=Invoice " + number % 1000 + " of March, with thanks";
    }
}
