/*
 * Decodes HELLO messages. Each line of stdin is a row of vectors.json: the segments in hexadecimal digits, separated by
 * spaces. Prints the numbers of each row, and the code of the failure after them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_BYTES = 64, LINE = 8192 };
static const long long MAX_SAFE = 9007199254740991LL;

struct decoder {
    char text[MAX_BYTES + 1];
    size_t length;
};

static bool is_terminator(int byte)
{
    return byte == '\n' || byte == '\r' || byte == '\0';
}

/* How far a message is: -1 not one, 0 incomplete, 1 it has at least one digit. */
static int stage(const struct decoder *decoder)
{
    static const char word[] = "hello ";
    size_t at = 0, letters = decoder->length < 6 ? decoder->length : 6;
    if (strncasecmp(decoder->text, word, letters) != 0)
        return -1;
    for (at = letters; at < decoder->length && decoder->text[at] == ' ';)
        at++;
    if (at < decoder->length && (decoder->text[at] == '-' || decoder->text[at] == '+'))
        at++;
    size_t digits = at;
    while (at < decoder->length && decoder->text[at] >= '0' && decoder->text[at] <= '9')
        at++;
    return at < decoder->length ? -1 : at > digits;
}

/* Ends the message. Prints its number and returns true, or prints why it has none. */
static bool finish(struct decoder *decoder)
{
    bool whole = stage(decoder) == 1;
    long long value = 0;
    decoder->text[decoder->length] = '\0';
    const char *number = strpbrk(decoder->text, "+-0123456789");
    bool negative = number && *number == '-';
    decoder->length = 0;
    for (; whole && *number; number++) {
        if (*number >= '0')
            value = value > MAX_SAFE ? value : value * 10 + (*number - '0');
    }
    if (!whole || value > MAX_SAFE) {
        printf(" %s", whole ? "ERR_HS_OUT_OF_RANGE" : "ERR_HS_MALFORMED");
        return false;
    }
    printf(" %lld", negative ? -value : value);
    return true;
}

static bool push(struct decoder *decoder, char byte)
{
    if (decoder->length == 0 && is_terminator(byte))
        return true;
    if (stage(decoder) == 1 && (is_terminator(byte) || byte == 'H' || byte == 'h')) {
        if (!finish(decoder))
            return false;
        if (is_terminator(byte))
            return true;
    }
    if (decoder->length == MAX_BYTES) {
        printf(" ERR_HS_TOO_LONG");
        return false;
    }
    decoder->text[decoder->length++] = byte;
    if (stage(decoder) >= 0)
        return true;
    printf(" ERR_HS_MALFORMED");
    return false;
}

int main(void)
{
    static char line[LINE];
    while (fgets(line, sizeof line, stdin)) {
        struct decoder decoder = {.length = 0};
        bool good = true;
        unsigned byte;
        for (const char *at = line; good && *at != '\0' && *at != '\n';) {
            if (sscanf(at, "%2x", &byte) == 1 && *at != ' ') {
                good = push(&decoder, (char)byte);
                at += 2;
            } else
                at++;
            /* A pause follows each segment. */
            if (good && (*at == ' ' || *at == '\n') && decoder.length > 0)
                good = finish(&decoder);
        }
        putchar('\n');
    }
    return 0;
}
