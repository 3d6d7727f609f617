/* defect:   ends-lines-in-lf
 * of:       ref-http
 * breaks:   http/fields
 * why:      Its fields end in \n, as lines of a text file do; many clients take
 *           that, and none has to.
 * source:   RFC 9112 §2.2, §5
 * cause:    Lines of the head end in LF alone.
 * fix:      end each line of the head with \r\n, the empty one, too
 * python:   end each line of the head with "\r\n", the empty one, too; open no
 *           file for it in text mode
 * seen:     lf-alone
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

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\n"
                     "Date: %s\n"
                     "%s%s"
                     "Content-Type: %s\n"
                     "Content-Length: %lld\n"
                     "\n",
                     status, reason(status), date,
                     r->persists ? "" : "Connection: close\r\n",
                     status == 405 ? "Allow: GET, HEAD\r\n" : "",
                     type, length);
    return send_all(c->fd, head, (size_t)n);
}
