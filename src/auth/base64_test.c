#include "auth/base64.h"

#include "lib/test.h"

static void writes(const char *bytes, const char *url, const char *usual)
{
    char text[64];

    ald_check_int(ald_base64_digits(strlen(bytes)), strlen(url));
    ald_base64url_write(ald_str(bytes), text);
    ald_check_str(ald_str_of(text, strlen(url)), url);
    ald_check_str(ald_str_of(text, ald_base64_write(ald_str(bytes), text)), usual);
}

ALD_TEST(base64, is_written_as_rfc_4648_has_it)
{
    writes("", "", "");
    writes("f", "Zg", "Zg==");
    writes("fo", "Zm8", "Zm8=");
    writes("foo", "Zm9v", "Zm9v");
    writes("foob", "Zm9vYg", "Zm9vYg==");
    writes("foobar", "Zm9vYmFy", "Zm9vYmFy");
    writes("\xfb\xff\xbf", "-_-_", "+/+/");
}

ALD_TEST(base64, is_read_back_whatever_the_bytes)
{
    char bytes[70], text[100], back[100];
    size_t size = 0;

    for (size_t n = 0; n < sizeof(bytes); n++) {
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (char)(i * 37 + n);
        }
        ald_base64url_write(ald_str_of(bytes, n), text);
        ald_check_int(ald_base64url_read(ald_str_of(text, ald_base64_digits(n)), back, &size), 0);
        ald_check_int(size, n);
        ald_check(n == 0 || memcmp(bytes, back, n) == 0);
    }
}

ALD_TEST(base64, is_refused_for_what_is_no_digit)
{
    char back[16];
    size_t size;

    for (const char *const *text = (const char *const[]){"A", "AAAAA", "Zg==", "Zm9v ", "+/+/", "Zm.v", NULL};
         *text != NULL; text++) {
        ald_check_int(ald_base64url_read(ald_str(*text), back, &size), ALD_BASE64_MALFORMED);
    }
}

/* link.md 6.1. */
ALD_TEST(base64, secrets_are_read_leniently)
{
    static const char key[] = "\x4d\xeb\x2d\x49\xe7\x2b\x7a\xd0\xe8\x36\x8b\x54\xb1";
    char back[64];

    for (const char *const *text =
             (const char *const[]){"TestSecretDoNotUse", "TestSecretDoNotUse==", " TestSecret\nDoNotUse\r\n", NULL};
         *text != NULL; text++) {
        ald_check_int(ald_base64_read_lenient(ald_str(*text), back), 13);
        ald_check(memcmp(back, key, 13) == 0);
    }
    ald_check_int(ald_base64_read_lenient(ALD_STR("-_+/"), back), 3);
    ald_check(memcmp(back, "\xfb\xff\xbf", 3) == 0);
    ald_check_int(ald_base64_read_lenient(ALD_STR(" =!\n"), back), 0);
}

ALD_TEST_MAIN(base64, ALD_CASE(base64, is_written_as_rfc_4648_has_it),
              ALD_CASE(base64, is_read_back_whatever_the_bytes), ALD_CASE(base64, is_refused_for_what_is_no_digit),
              ALD_CASE(base64, secrets_are_read_leniently))
