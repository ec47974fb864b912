// Package store keeps the latest orders in memory.
package store

import "sync"

type Line struct {
	Sku    string   `json:"sku"`
	Name   string   `json:"name"`
	Tags   []string `json:"tags"`
	Cents  int      `json:"cents"`
	Count  int      `json:"count"`
	Amount float64  `json:"amount"`
}

type Order struct {
	ID       uint64  `json:"id"`
	Customer string  `json:"customer"`
	Country  string  `json:"country"`
	Note     string  `json:"note"`
	Digest   string  `json:"digest"`
	Lines    []Line  `json:"lines"`
	Shipping float64 `json:"shipping"`
	Total    float64 `json:"total"`
}

const kept = 4096

type Store struct {
	lock   sync.Mutex
	ring   [kept]Order
	count  int
	totals map[string]float64
}

func New() *Store { return &Store{totals: map[string]float64{}} }

// Put keeps an order; the oldest makes room.
func (s *Store) Put(order Order) {
	s.lock.Lock()
	s.ring[s.count%kept] = order
	s.count++
	s.totals[order.Customer] += order.Total
	s.lock.Unlock()
}

// Latest gives up to limit orders, the newest first.
func (s *Store) Latest(limit int) []Order {
	s.lock.Lock()
	defer s.lock.Unlock()
	latest := make([]Order, 0, limit)
	for back := 1; back <= limit && back <= s.count && back <= kept; back++ {
		latest = append(latest, s.ring[(s.count-back)%kept])
	}
	return latest
}

func (s *Store) Count() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.count
}
