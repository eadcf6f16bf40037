#pragma once

/*
 * What is JSON and what is not, for the tests of every reader: each must judge every case alike.
 *
 * The malformed ones say where reading stops and why.
 */

#include <stdlib.h>
#include <string.h>

#include "lib/test.h"
#include "msg/json_text.h"

static const struct ald_str json_sound[] = {
    /* any value may stand outermost, RFC 8259 section 2 */
    ALD_STR("null"),
    ALD_STR("true"),
    ALD_STR("false"),
    ALD_STR("\"\""),
    ALD_STR("[]"),
    ALD_STR("{}"),
    ALD_STR(" \t\r\n[ \t\r\n] \t\r\n"),
    ALD_STR(" { } "),
    ALD_STR("\n\n\"a\"\n"),
    /* arrays and objects */
    ALD_STR("[null]"),
    ALD_STR("[1,true,\"x\",null,false]"),
    ALD_STR("[[]]"),
    ALD_STR("[[],[[]],{}]"),
    ALD_STR("[ [ ] , { } , [ 1 , 2 ] ]"),
    ALD_STR("{\"a\":1}"),
    ALD_STR("{ \"a\" : { \"b\" : [ { } ] } , \"c\" : null }"),
    ALD_STR("{\"\":\"\"}"),
    ALD_STR("{\"a\":{},\"b\":[],\"c\":{\"d\":[]}}"),
    ALD_STR("{\"same\":1,\"same\":2}"),
    ALD_STR("{\"\\u0000\":0}"),
    ALD_STR("{\"a\\\"b\":0,\"tab\\t\":0}"),
    ALD_STR("[\"the quick brown fox jumps over the lazy dog\",\"and back again, since the dog is lazy\"]"),
    /* numbers inside, where they can be cut */
    ALD_STR("[0,-0,0.0,-0.0,0e0,0E+0,0e-0]"),
    ALD_STR("[1,12,123456789012345678901234567890]"),
    ALD_STR("[-1,-12,1.5,-1.25,1e5,1E5,1e+5,1e-5,-1.5E-05,10.00]"),
    ALD_STR("[1e400,-1e400,1e-400,0.00000000000000000000000000000000000001]"),
    ALD_STR("[18446744073709551616,-9223372036854775809]"),
    ALD_STR("{\"n\":1}"),
    ALD_STR("{\"n\":-1.5e3 }"),
    /* strings */
    ALD_STR("\"plain\""),
    ALD_STR("\"exactly 16 bytes\""),
    ALD_STR("\"seven b\""),
    ALD_STR("\"\x7f\""), /* DEL is no control character to RFC 8259 */
    ALD_STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    ALD_STR("\"\\u0041\\u00e9\\u20AC\\uffff\\uFFFE\""),
    ALD_STR("\"\\u0000\""),
    ALD_STR("\"\\ud83d\\ude00\""),
    ALD_STR("\"a,]}{[:\""),
    ALD_STR("\"\\\\\""),
    ALD_STR("\"\\\\\\\\\\\"\""),
    ALD_STR("\"// no comment /* either */\""),
    /* lone surrogates are legal by the grammar, RFC 8259 section 8.2 */
    ALD_STR("\"\\ud800\""),
    ALD_STR("\"\\udc00\""),
    ALD_STR("\"\\ud800\\ud800\""),
    ALD_STR("\"\\udc00\\ud800\""),
    ALD_STR("\"\\ud800x\""),
    ALD_STR("\"\\ud800\\n\""),
    ALD_STR("\"\\ud800\\u0041\""),
    /* UTF-8 */
    ALD_STR("\"\xc3\xa9\""),
    ALD_STR("\"\xe2\x82\xac\""),
    ALD_STR("\"\xf0\x9f\x98\x80\""),
    ALD_STR("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
    ALD_STR("\"\xed\x9f\xbf\xee\x80\x80\""), /* around the surrogates */
    ALD_STR("\"\xef\xbb\xbf\""),             /* a byte order mark inside a string is a character */
    ALD_STR("\"\xe2\x80\xa8\xe2\x80\xa9\""), /* JavaScript's line separators */
    ALD_STR("{\"\xc3\xa9\":\"caf\xc3\xa9 \\u00e9 and more than sixteen bytes \xe2\x82\xac\"}"),
};

/* Numbers: sound when whole, and often when cut too. */
static const struct ald_str json_sound_numbers[] = {
    ALD_STR("0"),     ALD_STR("-0"),   ALD_STR("7"),     ALD_STR(" 12 "),  ALD_STR("-12"),
    ALD_STR("0.5"),   ALD_STR("1.0"),  ALD_STR("1e1"),   ALD_STR("1E-10"), ALD_STR("-0.0e+00"),
    ALD_STR("1e999"), ALD_STR("2e09"), ALD_STR("\t3\n"),
};

struct json_malformed {
    struct ald_str text;
    size_t offset;
    enum ald_json_reason reason;
};

#define JSON_BAD(literal, at, why)                                                                                     \
    {                                                                                                                  \
        ALD_STR(literal), (at), ALD_JSON_##why                                                                         \
    }

static const struct json_malformed json_malformed[] = {
    /* nothing, or too little */
    JSON_BAD("", 0, ENDS),
    JSON_BAD(" \n\t\r", 4, ENDS),
    JSON_BAD("[", 1, ENDS),
    JSON_BAD("{", 1, ENDS),
    JSON_BAD("\"", 1, ENDS),
    JSON_BAD("[1", 2, ENDS),
    JSON_BAD("[1,", 3, ENDS),
    JSON_BAD("[[]", 3, ENDS),
    JSON_BAD("{\"a\"", 4, ENDS),
    JSON_BAD("{\"a\":", 5, ENDS),
    JSON_BAD("{\"a\":1", 6, ENDS),
    JSON_BAD("{\"a\":1,", 7, ENDS),
    JSON_BAD("nul", 3, ENDS),
    JSON_BAD("-", 1, ENDS),
    JSON_BAD("1.", 2, ENDS),
    JSON_BAD("1e", 2, ENDS),
    JSON_BAD("1e+", 3, ENDS),
    JSON_BAD("\"\\", 2, ENDS),
    JSON_BAD("\"\\u", 3, ENDS),
    JSON_BAD("\"\\u12", 5, ENDS),
    JSON_BAD("\"\\u1234", 7, ENDS),
    /* what begins no value */
    JSON_BAD("]", 0, VALUE),
    JSON_BAD("}", 0, VALUE),
    JSON_BAD(",", 0, VALUE),
    JSON_BAD(":", 0, VALUE),
    JSON_BAD("a", 0, VALUE),
    JSON_BAD("'a'", 0, VALUE),
    JSON_BAD("+1", 0, VALUE),
    JSON_BAD(".5", 0, VALUE),
    JSON_BAD("NaN", 0, VALUE),
    JSON_BAD("Infinity", 0, VALUE),
    JSON_BAD("True", 0, VALUE),
    JSON_BAD("\0", 0, VALUE),
    JSON_BAD("\x0b"
             "1",
             0, VALUE), /* no blank of JSON */
    JSON_BAD("\x0c"
             "1",
             0, VALUE),
    JSON_BAD("\xc2\xa0"
             "1",
             0, VALUE),                   /* nor a hard one of Unicode */
    JSON_BAD("\xef\xbb\xbf{}", 0, VALUE), /* no byte order mark, RFC 8259 section 8.1 */
    JSON_BAD("\xff\xfe[\0]\0", 0, VALUE), /* no UTF-16 */
    JSON_BAD("[\0\"", 1, VALUE),
    JSON_BAD("/**/1", 0, VALUE),
    JSON_BAD("# 1", 0, VALUE),
    JSON_BAD("\\u0031", 0, VALUE),
    JSON_BAD("[,1]", 1, VALUE),
    JSON_BAD("[1,]", 3, VALUE),
    JSON_BAD("[1,,2]", 3, VALUE),
    JSON_BAD("[,]", 1, VALUE),
    JSON_BAD("{\"a\":}", 5, VALUE),
    JSON_BAD("{\"a\":,\"b\":1}", 5, VALUE),
    JSON_BAD("{\"a\"::1}", 5, VALUE),
    JSON_BAD("[a]", 1, VALUE),
    JSON_BAD("[*]", 1, VALUE),
    JSON_BAD("[\xff]", 1, VALUE),
    JSON_BAD("[\x7f]", 1, VALUE),
    JSON_BAD("[}", 1, VALUE),
    /* literals */
    JSON_BAD("tru3", 3, LITERAL),
    JSON_BAD("nUll", 1, LITERAL),
    JSON_BAD("[fals]", 5, LITERAL),
    JSON_BAD("[truf]", 4, LITERAL),
    JSON_BAD("[n]", 2, LITERAL),
    /* numbers */
    JSON_BAD("-a", 1, DIGITS),
    JSON_BAD("--1", 1, DIGITS),
    JSON_BAD("-.5", 1, DIGITS),
    JSON_BAD("-Infinity", 1, DIGITS),
    JSON_BAD("[-]", 2, DIGITS),
    JSON_BAD("[1.]", 3, DIGITS),
    JSON_BAD("1.e5", 2, DIGITS),
    JSON_BAD("1..2", 2, DIGITS),
    JSON_BAD("[1e]", 3, DIGITS),
    JSON_BAD("[1e+]", 4, DIGITS),
    JSON_BAD("1e+-2", 3, DIGITS),
    JSON_BAD("1e1.5", 3, TAIL),
    JSON_BAD("01", 1, TAIL),
    JSON_BAD("-01", 2, TAIL),
    JSON_BAD("00", 1, TAIL),
    JSON_BAD("0x1", 1, TAIL),
    JSON_BAD("1a", 1, TAIL),
    JSON_BAD("1_000", 1, TAIL),
    JSON_BAD("1 000", 2, TAIL),
    JSON_BAD("[1 000]", 3, COMMA),
    JSON_BAD("[012]", 2, COMMA),
    JSON_BAD("[1.5.5]", 4, COMMA),
    JSON_BAD("[1-2]", 2, COMMA),
    JSON_BAD("[1\0]", 2, COMMA),
    JSON_BAD("[\xef\xbc\x91]", 1, VALUE), /* a wide digit */
    /* control characters in strings */
    JSON_BAD("\"\0\"", 1, CONTROL),
    JSON_BAD("\"a\nb\"", 2, CONTROL),
    JSON_BAD("\"a\tb\"", 2, CONTROL),
    JSON_BAD("\"\x1f\"", 1, CONTROL),
    JSON_BAD("\"a run of sixteen and then \x01\"", 27, CONTROL),
    JSON_BAD("{\"a\nb\":1}", 3, CONTROL),
    JSON_BAD("[\"\x0d\"]", 2, CONTROL),
    /* escapes */
    JSON_BAD("\"\\x41\"", 2, ESCAPE),
    JSON_BAD("\"\\a\"", 2, ESCAPE),
    JSON_BAD("\"\\'\"", 2, ESCAPE),
    JSON_BAD("\"\\U0041\"", 2, ESCAPE),
    JSON_BAD("\"\\0\"", 2, ESCAPE),
    JSON_BAD("\"\\\0\"", 2, ESCAPE),
    JSON_BAD("\"\\\n\"", 2, ESCAPE),
    JSON_BAD("\"\\ \"", 2, ESCAPE),
    JSON_BAD("\"\\\xc3\xa9\"", 2, ESCAPE),
    JSON_BAD("\"\\u\"", 3, ESCAPE),
    JSON_BAD("\"\\u00g0\"", 5, ESCAPE),
    JSON_BAD("\"\\u123\"", 6, ESCAPE),
    JSON_BAD("\"\\u 123\"", 3, ESCAPE),
    JSON_BAD("\"\\u+123\"", 3, ESCAPE),
    JSON_BAD("\"\\u{41}\"", 3, ESCAPE),
    JSON_BAD("\"\\ud800\\u\"", 9, ESCAPE),
    JSON_BAD("\"\\ud800\\", 8, ENDS),
    JSON_BAD("{\"\\q\":1}", 3, ESCAPE),
    /* UTF-8 */
    JSON_BAD("\"\x80\"", 1, UTF8),             /* a continuation alone */
    JSON_BAD("\"\xc3\"", 1, UTF8),             /* a lead alone */
    JSON_BAD("\"\xc3(\"", 1, UTF8),            /* not continued */
    JSON_BAD("\"\xc0\xaf\"", 1, UTF8),         /* overlong */
    JSON_BAD("\"\xc1\xbf\"", 1, UTF8),         /* overlong */
    JSON_BAD("\"\xe0\x9f\xbf\"", 1, UTF8),     /* overlong */
    JSON_BAD("\"\xf0\x8f\xbf\xbf\"", 1, UTF8), /* overlong */
    JSON_BAD("\"\xed\xa0\x80\"", 1, UTF8),     /* a surrogate */
    JSON_BAD("\"\xed\xbf\xbf\"", 1, UTF8),     /* a surrogate */
    JSON_BAD("\"\xf4\x90\x80\x80\"", 1, UTF8), /* over U+10FFFF */
    JSON_BAD("\"\xf5\x80\x80\x80\"", 1, UTF8),
    JSON_BAD("\"\xff\"", 1, UTF8),
    JSON_BAD("\"\xe2\x82\"", 1, UTF8),
    JSON_BAD("\"ok \xf0\x9f\x98\"", 4, UTF8),
    JSON_BAD("\"\xe9t\xe9\"", 1, UTF8), /* Latin-1 */
    JSON_BAD("{\"\xff\":1}", 2, UTF8),
    /* members */
    JSON_BAD("{a:1}", 1, NAME),
    JSON_BAD("{1:1}", 1, NAME),
    JSON_BAD("{'a':1}", 1, NAME),
    JSON_BAD("{null:1}", 1, NAME),
    JSON_BAD("{,}", 1, NAME),
    JSON_BAD("{:1}", 1, NAME),
    JSON_BAD("{[]:1}", 1, NAME),
    JSON_BAD("{\"a\":1,}", 7, NAME),
    JSON_BAD("{\"a\":1,,\"b\":2}", 7, NAME),
    JSON_BAD("{\"a\":1,2}", 7, NAME),
    JSON_BAD("{\"a\"}", 4, COLON),
    JSON_BAD("{\"a\" 1}", 5, COLON),
    JSON_BAD("{\"a\",1}", 4, COLON),
    JSON_BAD("{\"a\"=1}", 4, COLON),
    JSON_BAD("{\"a\"\"b\"}", 4, COLON),
    /* what stands between */
    JSON_BAD("[1 2]", 3, COMMA),
    JSON_BAD("[1;2]", 2, COMMA),
    JSON_BAD("[\"a\"\"b\"]", 4, COMMA),
    JSON_BAD("[1:2]", 2, COMMA),
    JSON_BAD("[1}", 2, COMMA),
    JSON_BAD("[[1]}", 4, COMMA),
    JSON_BAD("{\"a\":1]", 6, COMMA),
    JSON_BAD("{\"a\":1 \"b\":2}", 7, COMMA),
    JSON_BAD("{\"a\":1;\"b\":2}", 6, COMMA),
    JSON_BAD("{\"a\":1:2}", 6, COMMA),
    JSON_BAD("{\"a\":\"b\"\"c\"}", 8, COMMA),
    JSON_BAD("{\"a\":{\"b\":1]}", 11, COMMA),
    JSON_BAD("[\"a\"\x0c]", 4, COMMA),
    JSON_BAD("[1 /* one */]", 3, COMMA),
    /* what follows */
    JSON_BAD("{}{}", 2, TAIL),
    JSON_BAD("[] []", 3, TAIL),
    JSON_BAD("{}}", 2, TAIL),
    JSON_BAD("[]]", 2, TAIL),
    JSON_BAD("[],", 2, TAIL),
    JSON_BAD("null null", 5, TAIL),
    JSON_BAD("truee", 4, TAIL),
    JSON_BAD("\"a\"b", 3, TAIL),
    JSON_BAD("\"\"\"", 2, TAIL),
    JSON_BAD("{}\0", 2, TAIL),
    JSON_BAD("{} // done", 3, TAIL),
    JSON_BAD("{}\xff", 2, TAIL),
    JSON_BAD("1,", 1, TAIL),
};

/* Of the malformed ones, those that BROKEN_OK and TAIL_OK turn into sound ones, by their reason. */
static inline unsigned json_pardon(enum ald_json_reason reason)
{
    return reason == ALD_JSON_UTF8 ? ALD_JSON_BROKEN_OK : reason == ALD_JSON_TAIL ? ALD_JSON_TAIL_OK : 0;
}

/* A copy that ends where its memory ends, so that the sanitizer sees every byte read after it. */
static inline char *json_exact(struct ald_str text)
{
    char *copy = malloc(text.size > 0 ? text.size : 1);

    ald_check(copy != NULL);
    memcpy(copy, text.data, text.size);
    return copy;
}

/* `depth` containers in each other, by turns arrays and objects; gives memory to free(). */
static inline char *json_nested(size_t depth)
{
    char *text = malloc(depth * 6 + 1), *at = text;

    ald_check(text != NULL);
    for (size_t i = 0; i < depth; i++) {
        at = stpcpy(at, i % 2 == 0 ? "[" : "{\"a\":");
    }
    at = depth % 2 == 0 ? stpcpy(at - 5, "{") : at;
    for (size_t i = depth; i > 0; i--) {
        at = stpcpy(at, i % 2 == 1 ? "]" : "}");
    }
    return text;
}
