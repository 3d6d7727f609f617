/* defect:   takes-any-line
 * of:       ref-http
 * breaks:   http/bad-request
 * why:      What it cannot parse it takes for GET of the first page.
 * source:   RFC 9112 §3
 * cause:    The server takes a malformed request line for GET of its first
 *           page.
 * fix:      check that the line has three words, of which the last is HTTP/1.0
 *           or HTTP/1.1; else answer 400 and close
 * seen:     answers-2xx
 */
#include "http.h"

static int is_version(const char *word)
{
    return strncmp(word, "HTTP/", 5) == 0 && isdigit((unsigned char)word[5]) &&
           word[6] == '.' && isdigit((unsigned char)word[7]) && word[8] == '\0';
}

void parse_line(struct request *r)
{
    if (r->status != 0)
        return;
    r->line[strcspn(r->line, "\r")] = '\0';
    r->method = r->line;
    r->target = strchr(r->method, ' ');
    char *version = r->target != NULL ? strchr(r->target + 1, ' ') : NULL;
    if (version == NULL || !is_version(version + 1)) {
        r->method = "GET";                  /* it will be */
        r->target = "/";
        return;
    }
    *r->target++ = '\0';
    *version++ = '\0';
    r->minor = version[7] - '0';
    if (version[5] != '1')
        r->status = 505;
    if (strncasecmp(r->target, "http://", 7) == 0) {
        r->target += 7 + strcspn(r->target + 7, "/");
        if (*r->target == '\0')
            r->target = "/";
    }
    if (*r->target != '/' && strcmp(r->target, "*") != 0)
        r->status = 400;
}
