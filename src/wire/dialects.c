/* The table of dialects: the one place outside a dialect's own folder that knows it. */

#include "wire/dialect.h"
#include "wire/communicator/communicator.h"
#include "wire/exchange/exchange.h"
#include "wire/link/link.h"

const struct ald_dialect_type *const ald_dialects[] = {
    &ald_exchange,
    &ald_communicator,
    &ald_link,
    NULL,
};

const struct ald_dialect_type *ald_dialect_find(struct ald_str name)
{
    for (size_t i = 0; ald_dialects[i] != NULL; i++) {
        if (ald_str_equal(name, ald_str(ald_dialects[i]->name))) {
            return ald_dialects[i];
        }
    }
    return NULL;
}
