#include "auth/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "auth/base64.h"
#include "lib/test.h"

enum { NOW = 1700000100 };

/* link.md 6.1: the secret text `TestSecretDoNotUse`. */
static const char key_bytes[] = "\x4d\xeb\x2d\x49\xe7\x2b\x7a\xd0\xe8\x36\x8b\x54\xb1";
static const struct ald_str key = {key_bytes, sizeof(key_bytes) - 1};

static const char host_token[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                                 "eyJhdWQiOiJob3N0IiwiaG9zdCI6NCwiaWF0IjoxNzAwMDAwMDAwfQ."
                                 "AfjyF4odPv6ZPYesJBjLZNPNtFHXJ-DdkdkHy2j8-b0";

/* Header and payload as given, signed with `digest` (NULL: not), in `room`. */
static struct ald_str token_of(const char *header, const char *payload, const EVP_MD *digest, char room[1024])
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    size_t size = ald_base64_digits(strlen(header));

    ald_base64url_write(ald_str(header), room);
    room[size++] = '.';
    ald_base64url_write(ald_str(payload), room + size);
    size += ald_base64_digits(strlen(payload));
    if (digest != NULL) {
        ald_check(HMAC(digest, key.data, (int)key.size, (const uint8_t *)room, size, bytes, &n) != NULL);
    }
    room[size++] = '.';
    ald_base64url_write(ald_str_of(bytes, n), room + size);
    return ald_str_of(room, size + ald_base64_digits(n));
}

/* What is wrong with it; 0: nothing. */
static int judge(struct ald_str text, struct ald_str with)
{
    struct ald_jwt jwt;
    int r = ald_jwt_read(text, &jwt);

    return r != 0 ? r : ald_jwt_verify(&jwt, with, NOW);
}

static int judge_payload(const char *payload)
{
    char room[1024];

    return judge(token_of("{\"alg\":\"HS256\"}", payload, EVP_sha256(), room), key);
}

static struct ald_str signed_of(const char *payload, struct ald_buf *out)
{
    ald_buf_init(out, ALD_JWT_MAX);
    ald_check_int(ald_jwt_sign(ald_str(payload), key, out), 0);
    return ald_buf_str(out);
}

/* link.md 6.1. */
ALD_TEST(jwt, is_made_as_clusters_make_it)
{
    static const struct {
        const char *payload, *signature;
    } vectors[] = {
        {"{\"aud\":\"host\",\"host\":4,\"iat\":1700000000}", "AfjyF4odPv6ZPYesJBjLZNPNtFHXJ-DdkdkHy2j8-b0"},
        {"{\"aud\":\"user\",\"user\":\"test\",\"iat\":1700000000}", "FArONQd9-X4pQ0tnVI-Y46nWL3s8SHcFuVDKS3IR6So"},
        {"{\"aud\":\"session-1700000000000\",\"sid\":1,\"iat\":1700000001}",
         "HE8BpLIwNzIPZlKMn0Jk5wiRctF0d4RFRvCJSv62pEg"},
    };
    struct ald_buf out;

    for (size_t i = 0; i < ALD_COUNT(vectors); i++) {
        struct ald_str text = signed_of(vectors[i].payload, &out);
        struct ald_jwt jwt;

        ald_check_int(ald_jwt_read(text, &jwt), 0);
        ald_check_str(jwt.signature, vectors[i].signature);
        ald_check_str(jwt.payload, vectors[i].payload);
        ald_check_str(jwt.header, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
        ald_check_int(ald_jwt_verify(&jwt, key, NOW), 0);
        ald_buf_fini(&out);
    }
    ald_check_str(signed_of(vectors[0].payload, &out), host_token);
    ald_buf_fini(&out);
}

ALD_TEST(jwt, says_what_it_is_about)
{
    struct ald_jwt jwt;
    uint64_t seconds = 0;

    ald_check_int(ald_jwt_read(ald_str(host_token), &jwt), 0);
    ald_check(ald_jwt_is_for(&jwt, ALD_STR("host")));
    ald_check(!ald_jwt_is_for(&jwt, ALD_STR("user")));
    ald_check_str(ald_jwt_claim(&jwt, "host").raw, "4");
    ald_check_int(ald_jwt_claim(&jwt, "slave").type, ALD_JSON_NONE);
    ald_check(ald_jwt_time(&jwt, "iat", &seconds));
    ald_check_int(seconds, 1700000000);
    ald_check(!ald_jwt_time(&jwt, "exp", &seconds));
    ald_check(ald_jwt_algorithm_is(&jwt, "HS256"));
    ald_check(!ald_jwt_algorithm_is(&jwt, "none"));
}

ALD_TEST(jwt, may_be_for_several)
{
    struct ald_buf out;
    struct ald_jwt jwt;

    ald_check_int(ald_jwt_read(signed_of("{\"aud\":[\"a\",4,[\"user\"],\"h\\u006fst\"]}", &out), &jwt), 0);
    ald_check(ald_jwt_is_for(&jwt, ALD_STR("host")));
    ald_check(!ald_jwt_is_for(&jwt, ALD_STR("user")));
    ald_buf_fini(&out);
    for (const char *const *payload = (const char *const[]){"{}", "{\"aud\":null}", "{\"aud\":[]}",
                                                            "{\"aud\":{\"x\":\"user\"}}", "{\"aud\":\"users\"}", NULL};
         *payload != NULL; payload++) {
        ald_check_int(ald_jwt_read(signed_of(*payload, &out), &jwt), 0);
        ald_check(!ald_jwt_is_for(&jwt, ALD_STR("user")));
        ald_buf_fini(&out);
    }
}

ALD_TEST(jwt, is_accepted_in_three_algorithms_only)
{
    char room[1024];

    ald_check_int(judge(token_of("{\"alg\":\"HS256\"}", "{}", EVP_sha256(), room), key), 0);
    ald_check_int(judge(token_of("{\"alg\":\"HS384\"}", "{}", EVP_sha384(), room), key), 0);
    ald_check_int(judge(token_of("{\"alg\":\"HS512\",\"typ\":\"JWT\"}", "{}", EVP_sha512(), room), key), 0);
    ald_check_int(judge(token_of("{\"alg\":\"HS512\"}", "{}", EVP_sha256(), room), key), ALD_JWT_SIGNATURE);
    ald_check_int(judge(token_of("{\"alg\":\"none\"}", "{}", NULL, room), key), ALD_JWT_UNSIGNED);
    ald_check_int(judge(token_of("{\"alg\":\"HS256\"}", "{}", NULL, room), key), ALD_JWT_UNSIGNED);
    for (const char *const *header =
             (const char *const[]){"{\"alg\":\"none\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"hs256\"}", "{\"alg\":null}",
                                   "{\"alg\":\"HS256\",\"alg\":\"none\"}", "{}", NULL};
         *header != NULL; header++) {
        ald_check_int(judge(token_of(*header, "{}", EVP_sha256(), room), key), ALD_JWT_ALGORITHM);
    }
}

ALD_TEST(jwt, is_no_other_than_the_one_that_was_made)
{
    char text[sizeof(host_token)];

    ald_check_int(judge(ald_str(host_token), key), 0);
    ald_check_int(judge(ald_str(host_token), ALD_STR("another secret")), ALD_JWT_SIGNATURE);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        for (const char *with = "AB-9.= \n\x80"; *with != '\0'; with++) {
            memcpy(text, host_token, sizeof(text));
            text[i] = *with;
            ald_check((judge(ald_str_of(text, sizeof(text) - 1), key) == 0) == (*with == host_token[i]));
        }
    }
}

/* Also where the bits that change are those that mean no byte. */
ALD_TEST(jwt, has_one_spelling)
{
    char text[sizeof(host_token)];

    memcpy(text, host_token, sizeof(text));
    text[sizeof(text) - 2]++;
    ald_check_int(judge(ald_str_of(text, sizeof(text) - 1), key), ALD_JWT_SIGNATURE);
}

ALD_TEST(jwt, cut_anywhere_is_refused)
{
    ald_check_int(judge(ALD_STR(""), key), ALD_JWT_MISSING);
    ald_check_int(judge(ALD_STR_NONE, key), ALD_JWT_MISSING);
    for (size_t size = 1; size < sizeof(host_token) - 1; size++) {
        char *cut = malloc(size); /* so that a byte too far is seen */
        int r;

        memcpy(cut, host_token, size);
        r = judge(ald_str_of(cut, size), key);
        ald_check(r > 0 && r < ALD_JWT_N_FAULTS);
        free(cut);
    }
}

ALD_TEST(jwt, of_another_form_is_refused)
{
    char room[1024];

    for (const char *const *text = (const char *const[]){"x", "a.b", "a.b.c.d", "....", NULL}; *text != NULL; text++) {
        ald_check_int(judge(ald_str(*text), key), ALD_JWT_MALFORMED);
    }
    for (const char *const *text = (const char *const[]){"..", "a.b.c", "e30.e30=.x", "e30.!.x", "bnVsbA.e30.x", NULL};
         *text != NULL; text++) {
        ald_check_int(judge(ald_str(*text), key), ALD_JWT_INVALID);
    }
    for (const char *const *payload =
             (const char *const[]){"", "null", "[]", "\"x\"", "{\"a\":1", "{}{}", "{\"a\":\"\xff\"}", NULL};
         *payload != NULL; payload++) {
        ald_check_int(judge(token_of("{\"alg\":\"HS256\"}", *payload, EVP_sha256(), room), key), ALD_JWT_INVALID);
    }
}

ALD_TEST(jwt, huge_is_refused)
{
    size_t size = ALD_JWT_MAX + 1;
    char *text = malloc(size);

    for (const char *with = "a.{"; *with != '\0'; with++) {
        memset(text, *with, size);
        ald_check_int(judge(ald_str_of(text, size), key), ALD_JWT_MALFORMED);
    }
    memset(text, 'a', size);
    text[10] = text[size - 10] = '.';
    ald_check_int(judge(ald_str_of(text, size), key), ALD_JWT_MALFORMED);
    ald_check_int(judge(ald_str_of(text, size - 9), key), ALD_JWT_INVALID);
    free(text);
}

ALD_TEST(jwt, has_its_time)
{
    ald_check_int(judge_payload("{\"exp\":1700000101}"), 0);
    ald_check_int(judge_payload("{\"exp\":1700000100.5}"), ALD_JWT_EXPIRED); /* a fraction of a second is dropped */
    ald_check_int(judge_payload("{\"exp\":1700000100}"), ALD_JWT_EXPIRED);
    ald_check_int(judge_payload("{\"exp\":-1}"), ALD_JWT_EXPIRED);
    ald_check_int(judge_payload("{\"exp\":-1e999}"), ALD_JWT_EXPIRED);
    ald_check_int(judge_payload("{\"exp\":1e300}"), 0);
    ald_check_int(judge_payload("{\"exp\":1e999}"), 0);
    ald_check_int(judge_payload("{\"exp\":\"1700000101\"}"), ALD_JWT_EXPIRY);
    ald_check_int(judge_payload("{\"exp\":null}"), ALD_JWT_EXPIRY);
    ald_check_int(judge_payload("{\"nbf\":1700000100}"), 0);
    ald_check_int(judge_payload("{\"nbf\":1700000101}"), ALD_JWT_EARLY);
    ald_check_int(judge_payload("{\"nbf\":true}"), ALD_JWT_NOT_BEFORE);
    ald_check_int(judge_payload("{\"iat\":\"never\"}"), 0);
}

/* Nothing is said of times to whoever has no signature. */
ALD_TEST(jwt, is_judged_by_its_signature_first)
{
    char room[1024];
    struct ald_str text = token_of("{\"alg\":\"HS256\"}", "{\"exp\":1}", EVP_sha512(), room);

    ald_check_int(judge(text, key), ALD_JWT_SIGNATURE);
}

ALD_TEST(jwt, says_what_is_wrong_in_words_that_peers_know)
{
    ald_check_str(ald_str(ald_jwt_fault_text(ALD_JWT_MISSING)), "jwt must be provided");
    ald_check_str(ald_str(ald_jwt_fault_text(ALD_JWT_MALFORMED)), "jwt malformed");
    ald_check_str(ald_str(ald_jwt_fault_text(ALD_JWT_SIGNATURE)), "invalid signature");
    ald_check_str(ald_str(ald_jwt_fault_text(ALD_JWT_UNSIGNED)), "jwt signature is required");
    ald_check_str(ald_str(ald_jwt_fault_text(ALD_JWT_EXPIRED)), "jwt expired");
}

ALD_TEST(jwt, is_not_made_where_it_does_not_fit)
{
    struct ald_buf out;

    ald_buf_init(&out, 90);
    ald_check_int(ald_buf_push(&out, ALD_STR("before")), 0);
    ald_check_int(ald_jwt_sign(ALD_STR("{\"aud\":\"host\"}"), key, &out), ALD_BUF_FULL);
    ald_check_str(ald_buf_str(&out), "before");
    ald_buf_fini(&out);
}

ALD_TEST_MAIN(jwt, ALD_CASE(jwt, is_made_as_clusters_make_it), ALD_CASE(jwt, says_what_it_is_about),
              ALD_CASE(jwt, may_be_for_several), ALD_CASE(jwt, is_accepted_in_three_algorithms_only),
              ALD_CASE(jwt, is_no_other_than_the_one_that_was_made), ALD_CASE(jwt, has_one_spelling),
              ALD_CASE(jwt, cut_anywhere_is_refused), ALD_CASE(jwt, of_another_form_is_refused),
              ALD_CASE(jwt, huge_is_refused), ALD_CASE(jwt, has_its_time),
              ALD_CASE(jwt, is_judged_by_its_signature_first),
              ALD_CASE(jwt, says_what_is_wrong_in_words_that_peers_know),
              ALD_CASE(jwt, is_not_made_where_it_does_not_fit))
