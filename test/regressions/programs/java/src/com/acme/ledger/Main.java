package com.acme.ledger;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/** Books payments that are made up on the spot, until the wanted CPU time is used. */
public final class Main {
    public static void main(String[] words) throws InterruptedException {
        Map<String, Double> options = new HashMap<>(Map.of("cpu-seconds", 8.0, "workers", 2.0, "accounts", 400.0, "statements", 20.0));
        for (String word : words) {
            String[] parts = word.split("=");
            options.put(parts[0], Double.valueOf(parts[1]));
        }
        int accounts = options.get("accounts").intValue();
        PaymentService service = new PaymentService(accounts);
        Thread[] workers = new Thread[options.get("workers").intValue()];
        for (int worker = 0; worker < workers.length; worker++) {
            int first = worker;
            workers[worker] = new Thread(() -> work(service, first, options), "worker-" + worker);
            workers[worker].start();
        }
        for (Thread worker : workers) worker.join();
        System.err.println(service.describe());
    }

    private static void work(PaymentService service, int first, Map<String, Double> options) {
        int every = options.get("statements").intValue();
        int number = first;
        while (usedSeconds() < options.get("cpu-seconds")) {
            for (int one = 0; one < 50; one++, number += 3) {
                service.accept(Traffic.message(number, options.get("accounts").intValue()));
                if (number % every == 0) service.statement(number % 97);
            }
        }
    }

    private static double usedSeconds() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }
}
