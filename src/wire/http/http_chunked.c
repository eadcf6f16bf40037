#include "wire/http/http_chunked.h"

#include "wire/http/http_fields.h"

enum chunked_state {
    CHUNKED_SIZE,       /* hexadecimal size of a chunk */
    CHUNKED_BLANK,      /* blanks after it */
    CHUNKED_EXTENSION,  /* its extensions, skipped */
    CHUNKED_SIZE_LF,    /* the LF of its line */
    CHUNKED_DATA,       /* data, which does not pass through here */
    CHUNKED_DATA_CR,    /* the line end after it */
    CHUNKED_DATA_LF,    /* */
    CHUNKED_TRAILER,    /* at the begin of a trailer line, or of the empty line that ends the body */
    CHUNKED_NAME,       /* name of a trailer */
    CHUNKED_VALUE,      /* its value */
    CHUNKED_TRAILER_LF, /* its LF */
    CHUNKED_LAST_LF,    /* the LF of the empty line */
    CHUNKED_WHOLE,
};

/* A size of more hexadecimal digits does not fit in 64 bits, or has zeros in front that nobody needs. */
enum { CHUNK_DIGITS_MAX = 16 };

void ald_http_chunked_init(struct ald_http_chunked *chunked, size_t fields_size, size_t n_fields)
{
    *chunked = (struct ald_http_chunked){.fields_size = fields_size, .n_fields = n_fields};
}

/* One byte of the line that begins a chunk. */
static enum ald_http_fault_kind size_byte(struct ald_http_chunked *chunked, char byte)
{
    bool digits = chunked->state == CHUNKED_SIZE;
    int value = digits ? ald_http_hex_value(byte) : -1;

    if (++chunked->line_size > ALD_HTTP_CHUNK_LINE_MAX) {
        return ALD_HTTP_FAULT_CHUNK;
    }
    if (value >= 0) {
        chunked->left = chunked->left << 4 | (uint64_t)value;
        return chunked->line_size > CHUNK_DIGITS_MAX ? ALD_HTTP_FAULT_CHUNK : ALD_HTTP_FAULT_NONE;
    }
    if (digits && chunked->line_size == 1) {
        return ALD_HTTP_FAULT_CHUNK; /* no digit at all */
    }
    if (byte == '\r' && chunked->state != CHUNKED_BLANK) {
        chunked->state = CHUNKED_SIZE_LF;
    } else if (chunked->state == CHUNKED_EXTENSION) {
        return ald_http_value_valid(ald_str_of(&byte, 1)) ? ALD_HTTP_FAULT_NONE : ALD_HTTP_FAULT_CHUNK;
    } else if (byte == ';') {
        chunked->state = CHUNKED_EXTENSION;
    } else if (byte == ' ' || byte == '\t') {
        chunked->state = CHUNKED_BLANK;
    } else {
        return ALD_HTTP_FAULT_CHUNK;
    }
    return ALD_HTTP_FAULT_NONE;
}

/* Go from an expected byte to the next state. */
static enum ald_http_fault_kind byte_expect(struct ald_http_chunked *chunked, char byte, char expected,
                                            enum chunked_state next, enum ald_http_fault_kind fault)
{
    if (byte != expected) {
        return fault;
    }
    chunked->state = (uint8_t)next;
    return ALD_HTTP_FAULT_NONE;
}

/* One byte of the lines after the last chunk. They are held to the rules of headers, and dropped. */
static enum ald_http_fault_kind trailer_byte(struct ald_http_chunked *chunked, char byte)
{
    if (++chunked->fields_size > ALD_HTTP_FIELDS_MAX) {
        return ALD_HTTP_FAULT_FIELDS_BIG;
    }
    if (chunked->state == CHUNKED_TRAILER) {
        if (byte == '\r') {
            chunked->state = CHUNKED_LAST_LF;
            return ALD_HTTP_FAULT_NONE;
        }
        if (byte == ' ' || byte == '\t') {
            return ALD_HTTP_FAULT_FOLDED;
        }
        if (++chunked->n_fields > ALD_HTTP_N_FIELDS_MAX) {
            return ALD_HTTP_FAULT_FIELDS_MANY;
        }
        chunked->state = CHUNKED_NAME;
        return ald_http_token_valid(ald_str_of(&byte, 1)) ? ALD_HTTP_FAULT_NONE : ALD_HTTP_FAULT_FIELD;
    }
    if (chunked->state == CHUNKED_NAME && byte == ':') {
        chunked->state = CHUNKED_VALUE;
        return ALD_HTTP_FAULT_NONE;
    }
    if (chunked->state == CHUNKED_NAME) {
        return ald_http_token_valid(ald_str_of(&byte, 1)) ? ALD_HTTP_FAULT_NONE : ALD_HTTP_FAULT_FIELD;
    }
    if (byte == '\r') {
        chunked->state = CHUNKED_TRAILER_LF;
        return ALD_HTTP_FAULT_NONE;
    }
    return ald_http_value_valid(ald_str_of(&byte, 1)) ? ALD_HTTP_FAULT_NONE : ALD_HTTP_FAULT_FIELD;
}

/* The line with the size is over: the empty chunk is the last (RFC 9112 section 7.1). */
static enum ald_http_fault_kind size_finish(struct ald_http_chunked *chunked, char byte)
{
    if (byte != '\n') {
        return ALD_HTTP_FAULT_LINE_END;
    }
    chunked->line_size = 0;
    chunked->state = chunked->left > 0 ? CHUNKED_DATA : CHUNKED_TRAILER;
    return ALD_HTTP_FAULT_NONE;
}

static enum ald_http_fault_kind chunked_byte(struct ald_http_chunked *chunked, char byte)
{
    switch (chunked->state) {
    case CHUNKED_SIZE:
    case CHUNKED_BLANK:
    case CHUNKED_EXTENSION:
        return size_byte(chunked, byte);
    case CHUNKED_SIZE_LF:
        return size_finish(chunked, byte);
    case CHUNKED_DATA_CR:
        return byte_expect(chunked, byte, '\r', CHUNKED_DATA_LF, ALD_HTTP_FAULT_CHUNK);
    case CHUNKED_DATA_LF:
        return byte_expect(chunked, byte, '\n', CHUNKED_SIZE, ALD_HTTP_FAULT_LINE_END);
    case CHUNKED_TRAILER_LF:
        return byte_expect(chunked, byte, '\n', CHUNKED_TRAILER, ALD_HTTP_FAULT_LINE_END);
    case CHUNKED_LAST_LF:
        return byte_expect(chunked, byte, '\n', CHUNKED_WHOLE, ALD_HTTP_FAULT_LINE_END);
    default:
        return trailer_byte(chunked, byte);
    }
}

enum ald_http_fault_kind ald_http_chunked_feed(struct ald_http_chunked *chunked, struct ald_str bytes, size_t *used)
{
    enum ald_http_fault_kind fault = ALD_HTTP_FAULT_NONE;

    while (fault == ALD_HTTP_FAULT_NONE && *used < bytes.size && chunked->state != CHUNKED_DATA &&
           chunked->state != CHUNKED_WHOLE) {
        fault = chunked_byte(chunked, bytes.data[(*used)++]);
    }
    return fault;
}

bool ald_http_chunked_in_data(const struct ald_http_chunked *chunked)
{
    return chunked->state == CHUNKED_DATA;
}

void ald_http_chunked_take(struct ald_http_chunked *chunked, size_t size)
{
    ald_assert(chunked->state == CHUNKED_DATA);
    ald_assert(size <= chunked->left);

    chunked->left -= size;
    if (chunked->left == 0) {
        chunked->state = CHUNKED_DATA_CR;
    }
}

bool ald_http_chunked_whole(const struct ald_http_chunked *chunked)
{
    return chunked->state == CHUNKED_WHOLE;
}

bool ald_http_chunked_idle(const struct ald_http_chunked *chunked)
{
    return chunked->state == CHUNKED_SIZE && chunked->line_size == 0;
}
