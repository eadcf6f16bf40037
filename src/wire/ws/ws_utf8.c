#include "wire/ws/ws_utf8.h"

void ald_ws_utf8_init(struct ald_ws_utf8 *utf8)
{
    *utf8 = (struct ald_ws_utf8){0};
}

/*
 * The first byte of a character of several bytes: how many follow, and what the second may be. That range is narrower
 * than 80..BF where the full one would allow an overlong form (E0, F0), a surrogate (ED) or more than U+10FFFF (F4):
 * RFC 3629 section 4.
 */
static bool utf8_begin(struct ald_ws_utf8 *utf8, uint8_t byte)
{
    utf8->low = 0x80;
    utf8->high = 0xBF;
    if (byte >= 0xC2 && byte <= 0xDF) {
        utf8->need = 1;
        return true;
    }
    if (byte >= 0xE0 && byte <= 0xEF) {
        utf8->need = 2;
        utf8->low = byte == 0xE0 ? 0xA0 : 0x80;
        utf8->high = byte == 0xED ? 0x9F : 0xBF;
        return true;
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        utf8->need = 3;
        utf8->low = byte == 0xF0 ? 0x90 : 0x80;
        utf8->high = byte == 0xF4 ? 0x8F : 0xBF;
        return true;
    }
    return false;
}

/* Bytes at the front that are ASCII, in steps of a word: most text is. */
static size_t utf8_ascii(const uint8_t *data, size_t size)
{
    uint64_t word;
    size_t i = 0;

    for (; size - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, data + i, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    return i;
}

bool ald_ws_utf8_feed(struct ald_ws_utf8 *utf8, struct ald_str bytes)
{
    const uint8_t *data = (const uint8_t *)bytes.data;
    size_t i = 0;

    while (i < bytes.size) {
        if (utf8->need > 0) {
            if (data[i] < utf8->low || data[i] > utf8->high) {
                return false;
            }
            utf8->need--;
            utf8->low = 0x80;
            utf8->high = 0xBF;
        } else if (data[i] < 0x80) {
            i += utf8_ascii(data + i, bytes.size - i);
            if (i == bytes.size) {
                break;
            }
            if (data[i] >= 0x80) {
                continue;
            }
        } else if (!utf8_begin(utf8, data[i])) {
            return false;
        }
        i++;
    }
    return true;
}
