#include "auth/base64.h"

static const char digits_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char digits_usual[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bits that come in, six or eight at a time, and go out again. */
struct bits {
    uint32_t held;
    unsigned n;
};

static size_t digits_write(struct ald_str bytes, const char *digits, char *to)
{
    struct bits bits = {0, 0};
    size_t size = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        bits.held = (bits.held << 8 | (uint8_t)bytes.data[i]) & 0xffff;
        bits.n += 8;
        while (bits.n >= 6) {
            bits.n -= 6;
            to[size++] = digits[bits.held >> bits.n & 63];
        }
    }
    if (bits.n > 0) {
        to[size++] = digits[bits.held << (6 - bits.n) & 63];
    }
    return size;
}

void ald_base64url_write(struct ald_str bytes, char *to)
{
    size_t size = digits_write(bytes, digits_url, to);

    ald_assert(size == ald_base64_digits(bytes.size));
}

size_t ald_base64_write(struct ald_str bytes, char *to)
{
    size_t size = digits_write(bytes, digits_usual, to);

    while (size % 4 != 0) {
        to[size++] = '=';
    }
    return size;
}

static int digit_url(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static int digit_any(char c)
{
    return c == '+' ? 62 : c == '/' ? 63 : digit_url(c);
}

static size_t digit_take(struct bits *bits, int digit, char *to)
{
    bits->held = (bits->held << 6 | (uint32_t)digit) & 0xffff;
    bits->n += 6;
    if (bits->n < 8) {
        return 0;
    }
    bits->n -= 8;
    *to = (char)(bits->held >> bits->n & 0xff);
    return 1;
}

int ald_base64url_read(struct ald_str text, char *to, size_t *ret_size)
{
    struct bits bits = {0, 0};
    size_t size = 0;

    if (text.size % 4 == 1) {
        return ALD_BASE64_MALFORMED;
    }
    for (size_t i = 0; i < text.size; i++) {
        int digit = digit_url(text.data[i]);

        if (digit < 0) {
            return ALD_BASE64_MALFORMED;
        }
        size += digit_take(&bits, digit, to + size);
    }
    *ret_size = size;
    return 0;
}

size_t ald_base64_read_lenient(struct ald_str text, char *to)
{
    struct bits bits = {0, 0};
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        int digit = digit_any(text.data[i]);

        if (digit >= 0) {
            size += digit_take(&bits, digit, to + size);
        }
    }
    return size;
}
