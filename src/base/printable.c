#include "base/printable.h"

#include <stdio.h>

enum { PRINTABLE_CUT = 3, PRINTABLE_ESCAPE = 4 };

/* Bytes of the character at the front that may be shown as they are; 0 when the first byte must be escaped. */
static size_t plain_size(struct ald_str text)
{
    unsigned char first = (unsigned char)text.data[0];

    if (first < 0x80) {
        return first >= 0x20 && first != 0x7F ? 1 : 0;
    }
    for (size_t size = 2; size <= ALD_MIN(text.size, (size_t)4); size++) {
        if (ald_utf8_valid((struct ald_str){text.data, size})) {
            /* U+0080 to U+009F are control characters too. */
            return first == 0xC2 && (unsigned char)text.data[1] < 0xA0 ? 0 : size;
        }
    }
    return 0;
}

size_t ald_printable(struct ald_str text, char *to, size_t room)
{
    size_t at = 0, cut_at = 0; /* cut_at: the last place where the dots still fit */

    ald_assert(room >= 8);
    while (text.size > 0) {
        size_t plain = plain_size(text);
        size_t need = plain > 0 ? plain : PRINTABLE_ESCAPE;

        if (at + need + 1 > room) {
            memcpy(to + cut_at, "...", PRINTABLE_CUT);
            at = cut_at + PRINTABLE_CUT;
            break;
        }
        if (plain > 0) {
            memcpy(to + at, text.data, plain);
        } else {
            (void)snprintf(to + at, room - at, "\\x%02X", (unsigned char)text.data[0]);
        }
        at += need;
        cut_at = at + PRINTABLE_CUT + 1 <= room ? at : cut_at;
        text = ald_str_from(text, plain > 0 ? plain : 1);
    }
    to[at] = '\0';
    return at;
}
