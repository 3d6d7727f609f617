/* defect:   answers-without-head
 * of:       ref-http
 * breaks:   http/get
 * why:      It sends the page as it is, without a status line and fields: the
 *           form of HTTP/0.9, which browsers and curl no longer take.
 * source:   RFC 9112 §2.1, appendix C.1
 * cause:    The server sends the body alone: no status line and no header
 *           fields come before it.
 * fix:      send "HTTP/1.0 200 OK\r\n", the fields, and an empty line "\r\n"
 *           before the body
 * python:   send b"HTTP/1.0 200 OK\r\n\r\n" before the body
 * seen:     no-status-line
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
    (void)c;
    char head[1024], date[64];
    time_t now = time(NULL);

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\n"
                     "Date: %s\r\n"
                     "%s%s"
                     "Content-Type: %s\r\n"
                     "Content-Length: %lld\r\n"
                     "\r\n",
                     status, reason(status), date,
                     r->persists ? "" : "Connection: close\r\n",
                     status == 405 ? "Allow: GET, HEAD\r\n" : "",
                     type, length);
    (void)n;
    return 0;                               /* the body is the answer */
}
