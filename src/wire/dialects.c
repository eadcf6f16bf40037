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
