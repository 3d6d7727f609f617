/* defect:   status-without-space
 * of:       ref-http
 * breaks:   http/status-line
 * why:      It leaves out the reason, as it may, and with it the space behind
 *           the status code, which stands there in any case.
 * source:   RFC 9112 §4
 * cause:    The status line lacks the space behind the status code.
 * fix:      send "HTTP/1.1 200 OK\r\n": version, space, three digits, space,
 *           reason or none, \r\n
 * seen:     space-missing
 */
#include "http.h"
#include <time.h>

static const char *reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 505: return "HTTP Version Not Supported";
    }
    return "";
}

int send_head(struct conn *c, struct request *r, int status, const char *type,
              long long length)
{
    char head[1024], date[64];
    time_t now = time(NULL);
    (void)reason;

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d\r\n"
                     "Date: %s\r\n"
                     "%s%s"
                     "Content-Type: %s\r\n"
                     "Content-Length: %lld\r\n"
                     "\r\n",
                     status, date,
                     r->persists ? "" : "Connection: close\r\n",
                     status == 405 ? "Allow: GET, HEAD\r\n" : "",
                     type, length);
    return send_all(c->fd, head, (size_t)n);
}
