#pragma once

/* What the files of the codec share: private to them. */

#include "wire/communicator/comm_bytes.h"
#include "wire/communicator/comm_line.h"
#include "wire/communicator/comm_params.h"

/* Set the fault, and return the outcome of whoever found it. */
static inline int comm_fault(struct ald_comm_fault *fault, const char *what, size_t where)
{
    *fault = (struct ald_comm_fault){what, where};
    return ALD_COMM_MALFORMED;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* Forget what was read before. */
void ald_comm_reader_clear(struct ald_comm_reader *reader);
/* Give a fresh item, `*ret_item`, to be filled. Outcome: ALD_COMM_FULL, when there are too many. */
ALD_NODISCARD int ald_comm_reader_push(struct ald_comm_reader *reader, struct ald_comm_param **ret_item);
/* Put the items in order, each name once. */
void ald_comm_reader_sort(struct ald_comm_reader *reader);
extern const char ald_comm_too_many[];

/* [at, end) of a line that begins at `begin`, where faults are counted from. */
ALD_NODISCARD int ald_comm_params_scan(struct ald_comm_reader *reader, const uint8_t *begin, const uint8_t *at,
                                       const uint8_t *end, struct ald_comm_params *ret_params,
                                       struct ald_comm_fault *ret_fault);
/* The JSON form of a line (1.3); `text` begins with a brace. */
ALD_NODISCARD int ald_comm_json_read(struct ald_comm_reader *reader, struct ald_str text,
                                     struct ald_comm_line *ret_line, struct ald_comm_fault *ret_fault);

/* --- writing ---------------------------------------------------------------------------------------------------- */

/*
 * Append `name=value`, and a semicolon in front of it unless it `is_first`. `is_last`: nothing follows it on the line.
 * Outcome: ALD_COMM_FULL (a part may have been appended). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_item_write(struct ald_buf *out, const struct ald_comm_param *item, bool is_first,
                                      bool is_last);

/* The bytes that `item` is, in the text it was read from. */
static inline struct ald_str comm_item_text(const struct ald_comm_param *item)
{
    const char *end = item->raw.data + item->raw.size + ((item->flags & ALD_COMM_QUOTED) != 0 ? 1 : 0);

    return ald_str_of(item->name.data, (size_t)(end - item->name.data));
}
