/* Is a program written in Go? Made-up ones, and those of this machine. */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/go_program.h"

struct program {
    ElfW(Ehdr) head;
    ElfW(Shdr) sections[2];
    char names[40];
};

static struct program make_program(const char *section)
{
    struct program p = {0};

    memcpy(p.head.e_ident, ELFMAG, SELFMAG);
    p.head.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    p.head.e_shoff = offsetof(struct program, sections);
    p.head.e_shentsize = sizeof p.sections[0];
    p.head.e_shnum = 2;
    p.sections[0].sh_offset = offsetof(struct program, names);
    p.sections[1].sh_name = 1;
    memcpy(p.names + 1, section, strlen(section));
    return p;
}

static bool may_be(const struct program *p, size_t size)
{
    char path[] = "/tmp/heapreel-program-XXXXXX";
    int fd = mkstemp(path);
    bool may;

    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, p, size), (ssize_t)size);
    may = go_program_may_be(path);
    (void)close(fd);
    (void)unlink(path);
    return may;
}

Test(go_program, by_its_sections)
{
    static const struct {
        const char *section;
        bool may_be;
    } cases[] = {
        {".go.buildinfo", true}, {".gopclntab", true}, {".data.rel.ro.gopclntab", true},
        {".text", false},        {"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program p = make_program(cases[i].section);

        cr_expect_eq(may_be(&p, sizeof p), cases[i].may_be, "%s", cases[i].section);
    }
}

/* Nothing says what it is: it may be. */
Test(go_program, without_the_names_of_its_sections)
{
    struct program p = make_program(".text");

    cr_expect(may_be(&p, sizeof p.head));
    p.head.e_shnum = 0;
    cr_expect(may_be(&p, sizeof p));
    p = make_program(".text");
    p.head.e_shstrndx = 2;
    cr_expect(may_be(&p, sizeof p));
    p = make_program(".text");
    p.head.e_shoff = (ElfW(Off)) - 1;
    cr_expect(may_be(&p, sizeof p));
    p = make_program(".text");
    p.sections[0].sh_offset = (ElfW(Off)) - 1;
    (void)may_be(&p, sizeof p);
}

Test(go_program, of_this_machine)
{
    cr_expect_not(go_program_may_be("/proc/self/exe"));
    cr_expect_not(go_program_may_be("/nonexistent"));
}
