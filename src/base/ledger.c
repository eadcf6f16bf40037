#include "base/ledger.h"

#include <stdlib.h>

#include "base/error.h"

struct ald_ledger_page {
    uint64_t number; /* of the page: that of its entries, divided by ALD_LEDGER_PAGE */
    size_t n_entries;
    void *values[ALD_LEDGER_PAGE];
};

void ald_ledger_init(struct ald_ledger *ledger, const uint64_t seed[2])
{
    *ledger = (struct ald_ledger){.n_entries = 0};
    ald_table_init(&ledger->pages, seed);
}

void ald_ledger_fini(struct ald_ledger *ledger)
{
    ald_assert(ledger->n_entries == 0);
    ald_table_fini(&ledger->pages);
    free(ledger->spare);
    ledger->spare = NULL;
}

static struct ald_ledger_page *page_find(const struct ald_ledger *ledger, uint64_t number)
{
    struct ald_ledger_page *latest = ledger->latest;

    return latest != NULL && latest->number == number ? latest : ald_table_find_number(&ledger->pages, number);
}

/* Gives an empty page, in the table. Errors: ALDIS_E_NOMEM. */
static int page_new(struct ald_ledger *ledger, uint64_t number, struct ald_ledger_page **ret_page)
{
    struct ald_ledger_page *page = ledger->spare != NULL ? ledger->spare : calloc(1, sizeof(*page));
    int r;

    if (page == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ledger->spare = page; /* until it is in the table */
    page->number = number;
    r = ald_table_add_number(&ledger->pages, number, page);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0);
    ledger->spare = NULL;
    *ret_page = page;
    return 0;
}

static void page_free(struct ald_ledger *ledger, struct ald_ledger_page *page)
{
    ald_table_remove_number(&ledger->pages, page->number);
    if (ledger->latest == page) {
        ledger->latest = NULL;
    }
    free(ledger->spare);
    ledger->spare = page; /* its values are all NULL again */
}

int ald_ledger_add(struct ald_ledger *ledger, uint64_t number, void *value)
{
    struct ald_ledger_page *page = page_find(ledger, number / ALD_LEDGER_PAGE);
    int r;

    ald_assert(value != NULL);

    if (page == NULL) {
        r = page_new(ledger, number / ALD_LEDGER_PAGE, &page);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    ald_assert(page->values[number % ALD_LEDGER_PAGE] == NULL);
    page->values[number % ALD_LEDGER_PAGE] = value;
    page->n_entries++;
    ledger->n_entries++;
    ledger->latest = page;
    return 0;
}

void *ald_ledger_find(const struct ald_ledger *ledger, uint64_t number)
{
    const struct ald_ledger_page *page = page_find(ledger, number / ALD_LEDGER_PAGE);

    return page != NULL ? page->values[number % ALD_LEDGER_PAGE] : NULL;
}

void ald_ledger_remove(struct ald_ledger *ledger, uint64_t number)
{
    struct ald_ledger_page *page = page_find(ledger, number / ALD_LEDGER_PAGE);

    ald_assert(page != NULL && page->values[number % ALD_LEDGER_PAGE] != NULL);
    page->values[number % ALD_LEDGER_PAGE] = NULL;
    page->n_entries--;
    ledger->n_entries--;
    if (page->n_entries == 0) {
        page_free(ledger, page);
    }
}
