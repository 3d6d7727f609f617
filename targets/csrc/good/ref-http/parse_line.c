/* The request line has three words, and one space between each two of them:
 * RFC 9112 §3. The target is a path, or a whole URL (§3.2.2).
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
        r->status = 400;
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
