/* The response to HEAD has the head of that to GET, and no body: RFC 9110
 * §9.3.2. A folder is its index.html, or a list of what is in it.
 */
#include "http.h"
#include <dirent.h>
#include <sys/stat.h>

static int send_list(struct conn *c, struct request *r, int folder)
{
    static char page[64 << 10] = "<!doctype html>\n<title>files</title>\n"
                                 "<ul>\n";
    struct dirent **names;
    size_t n = strlen(page);

    int count = scandirat(folder, ".", &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name, *slash =
            names[i]->d_type == DT_DIR ? "/" : "";
        if (name[0] != '.' && strpbrk(name, "<>&\"'%?#:") == NULL &&
            n + 2 * strlen(name) + 64 < sizeof page)
            n += (size_t)sprintf(page + n, "<li><a href=\"%s%s\">%s%s</a>\n",
                                 name, slash, name, slash);
    }
    return send_text(c, r, 200, page);
}

static const char *type_of(const char *target)
{
    static const char *const types[][2] = {
        {".html", "text/html"}, {".css", "text/css"}, {".txt", "text/plain"},
        {".js", "text/javascript"}, {".png", "image/png"},
        {".jpg", "image/jpeg"}, {".svg", "image/svg+xml"},
    };
    const char *end = strrchr(target, '.');
    for (size_t i = 0; end != NULL && i < sizeof types / sizeof *types; i++) {
        if (strncmp(end, types[i][0], strlen(types[i][0])) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

static int send_content(struct conn *c, struct request *r, int file,
                        const char *type)
{
    struct stat is;
    char buf[16 << 10];
    ssize_t n;

    if (fstat(file, &is) < 0 || send_head(c, r, 200, type, is.st_size) < 0)
        return -1;
    if (strcmp(r->method, "HEAD") == 0)
        return 0;
    long long left = is.st_size;            /* it may grow meanwhile */
    while (left > 0 && (n = read(file, buf, sizeof buf)) > 0) {
        if (n > left)
            n = (ssize_t)left;
        if (send_all(c->fd, buf, (size_t)n) < 0)
            return -1;
        left -= n;
    }
    return left > 0 ? -1 : 0;
}

int send_file(struct conn *c, struct request *r, int file)
{
    struct stat is;
    if (fstat(file, &is) < 0 || !S_ISDIR(is.st_mode))
        return send_content(c, r, file, type_of(r->target));

    int index = openat(file, "index.html", O_RDONLY);
    if (index < 0)
        return send_list(c, r, file);
    int sent = send_content(c, r, index, "text/html");
    close(index);
    return sent;
}
