// Package catalog knows the articles.
package catalog

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

type Item struct {
	Sku   string
	Name  string
	Tags  []string
	Cents int
}

type Catalog struct {
	lock  sync.RWMutex
	items map[string]Item
	order []string
}

func Sku(number int) string { return fmt.Sprintf("SKU-%05d", number) }

func New(count int) *Catalog {
	catalog := &Catalog{items: make(map[string]Item, count)}
	for number := 0; number < count; number++ {
		catalog.add(Item{Sku: Sku(number), Name: nameOf(number), Tags: tagsOf(number), Cents: 99 + number*7%9000})
	}
	sort.Strings(catalog.order)
	return catalog
}

func (c *Catalog) add(item Item) {
	c.items[item.Sku] = item
	c.order = append(c.order, item.Sku)
}

func nameOf(number int) string {
	return strings.Title(fmt.Sprintf("%s %s no %d", materials[number%len(materials)], things[number%len(things)], number))
}

func tagsOf(number int) []string {
	return []string{materials[number%len(materials)], things[number%len(things)], fmt.Sprintf("shelf-%d", number%50)}
}

// Find looks an article up by its number, in any case.
func (c *Catalog) Find(sku string) (Item, bool) {
	key := canonical(sku)
	c.lock.RLock()
	item, ok := c.items[key]
	c.lock.RUnlock()
	return item, ok
}

func canonical(sku string) string {
	return strings.ToUpper(strings.TrimSpace(sku))
}

var materials = []string{"oak", "steel", "linen", "paper", "glass", "wool", "cork"}
var things = []string{"chair", "lamp", "table", "notebook", "cup", "blanket", "shelf", "clock", "frame"}
