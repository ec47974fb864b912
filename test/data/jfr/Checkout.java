package com.acme.shop;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A shop of three workers and a listener that waits in native code; after two seconds its pricing becomes slow. */
public final class Checkout {
  static final Object ledger = new Object();
  static volatile long sink;

  public static void main(String[] args) throws Exception {
    long seconds = args.length > 0 ? Long.parseLong(args[0]) : 4;
    long begin = System.nanoTime();
    Thread listener = new Thread(Checkout::listen, "listener");
    listener.setDaemon(true);
    listener.start();
    List<Thread> threads = new ArrayList<>();
    for (String name : List.of("checkout-1", "checkout-2", "stock (eu)")) {
      Thread thread = new Thread(() -> serve(begin, seconds), name);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) thread.join();
  }

  static void listen() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      socket.accept();
    } catch (java.io.IOException error) {
      throw new IllegalStateException(error);
    }
  }

  static void serve(long begin, long seconds) {
    for (long order = 0; System.nanoTime() - begin < seconds * 1_000_000_000L; order++) {
      boolean isSlow = System.nanoTime() - begin > 2_000_000_000L;
      Map<String, Long> cart = readCart(order);
      sink += new Pricing(isSlow).total(cart);
      book(order);
    }
  }

  static Map<String, Long> readCart(long order) {
    Map<String, Long> cart = new HashMap<>();
    for (int line = 0; line < 200; line++) cart.put("item-" + (order + line) % 977, (long) line);
    return cart;
  }

  static void book(long order) {
    synchronized (ledger) {
      long hash = order;
      for (int round = 0; round < 3_000; round++) hash = hash * 31 + round;
      sink += hash;
    }
  }
}

final class Pricing {
  private final boolean isSlow;

  Pricing(boolean isSlow) {
    this.isSlow = isSlow;
  }

  long total(Map<String, Long> cart) {
    long sum = cart.values().stream().mapToLong(price -> price * 2).sum();
    return isSlow ? sum - recomputeDiscounts(cart) : sum;
  }

  long recomputeDiscounts(Map<String, Long> cart) {
    double discount = 0;
    for (Map.Entry<String, Long> line : cart.entrySet()) {
      for (int rule = 1; rule < 120; rule++) discount += Math.sqrt(line.getValue() * rule) % rule;
    }
    return (long) discount;
  }
}
