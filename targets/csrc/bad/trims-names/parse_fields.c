/* defect:   trims-names
 * of:       ref-http
 * breaks:   http/space-before-colon
 * why:      It is kind to a field with a space before its colon, and thereby
 *           reads fields that a proxy before it did not.
 * source:   RFC 9112 §5.1, §11.2
 * cause:    The server takes a field with a space before its colon.
 * fix:      answer 400 when a space or tab stands before the colon; do not trim
 *           the name
 * seen:     answers-2xx
 */
#include "http.h"

/* Returns whether a list has a word in it. */
static int has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (; *list != '\0'; list += strcspn(list, ","), list += *list == ',') {
        list += strspn(list, " \t");
        if (strncasecmp(list, word, length) == 0 &&
            strchr(" \t,", list[length]) != NULL)   /* or at the end */
            return 1;
    }
    return 0;
}

static void take_field(struct request *r, const char *name, const char *value)
{
    if (strcasecmp(name, "Host") == 0) {
        r->hosts++;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        long long length = parse_length(value);
        if (length < 0 || (r->lengths++ > 0 && length != r->length))
            r->status = 400;
        r->length = length;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        r->chunked = strcasecmp(value, "chunked") == 0;
        if (!r->chunked)
            r->status = 501;                /* it knows no other coding */
    } else if (strcasecmp(name, "Connection") == 0) {
        r->close |= has_word(value, "close");
    } else if (strcasecmp(name, "Expect") == 0) {
        r->expects = strcasecmp(value, "100-continue") == 0;
    }
}

void parse_fields(struct request *r)
{
    char *next = r->fields;
    while (r->status == 0 && next != NULL && *next != '\0') {
        char *line = strsep(&next, "\n");
        line[strcspn(line, "\r")] = '\0';
        if (*line == '\0')
            break;
        char *colon = strchr(line, ':');
        size_t name = strcspn(line, ": \t");
        if (colon == NULL || name == 0 || line + name > colon) {
            r->status = 400;
            return;
        }
        line[name] = '\0';
        colon++;
        colon += strspn(colon, " \t");
        size_t end = strlen(colon);
        while (end > 0 && isblank((unsigned char)colon[end - 1]))
            colon[--end] = '\0';
        take_field(r, line, colon);
    }
}
