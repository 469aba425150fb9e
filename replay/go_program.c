#include "replay/go_program.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "model/base/slice.h"

/* Linkers write some dozens; a section a function (-ffunction-sections) is joined. */
#define SECTIONS_MAX 4096
/* The longest that we look for is shorter. */
#define NAME_BYTES_MAX 32

static bool read_at(int fd, void *out, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, out, size, (off_t)offset) == (ssize_t)size;
}

/* Of this machine's own kind, since it runs here. */
static bool is_ours(const ElfW(Ehdr) * head)
{
    return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
           head->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
           head->e_shentsize == sizeof(ElfW(Shdr));
}

static bool is_of_go(int fd, uint64_t name_offset)
{
    char text[NAME_BYTES_MAX + 1] = "";
    /* The table of names may end right behind. */
    ssize_t got = name_offset <= INT64_MAX
                      ? pread(fd, text, NAME_BYTES_MAX, (off_t)name_offset)
                      : -1;
    struct slice name;

    if (got <= 0)
        return false;
    text[got] = '\0';
    name = slice_str(text);
    return slice_eq(name, SLICE(".go.buildinfo")) ||
           slice_ends(name, SLICE(".gopclntab"));
}

static bool may_be(int fd)
{
    ElfW(Ehdr) head;
    ElfW(Shdr) names, section;

    if (!read_at(fd, &head, sizeof head, 0) || !is_ours(&head) || head.e_shnum == 0 ||
        head.e_shnum > SECTIONS_MAX || head.e_shstrndx >= head.e_shnum ||
        !read_at(fd, &names, sizeof names,
                 head.e_shoff + (uint64_t)head.e_shstrndx * sizeof names))
        return true;
    for (unsigned i = 0; i < head.e_shnum; i++) {
        if (!read_at(fd, &section, sizeof section,
                     head.e_shoff + (uint64_t)i * sizeof section))
            return true;
        if (is_of_go(fd, (uint64_t)names.sh_offset + section.sh_name))
            return true;
    }
    return false;
}

bool go_program_may_be(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool may;

    if (fd < 0)
        return false;
    may = may_be(fd);
    (void)close(fd);
    return may;
}
