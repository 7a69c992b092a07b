/* What Swift cannot reach in libbpf: macros, variadic callbacks, option structs, newer enums. No logic. */
#pragma once
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

/* Linux 6.6; the headers of Debian 12 are older than the kernels we meet. */
enum { CLIBBPF_TCX_INGRESS = 46, CLIBBPF_TCX_EGRESS = 47, CLIBBPF_F_BEFORE = 1 << 3 };

/* `btf`: path of the kernel's BTF for a kernel that does not carry it; NULL: its own, if anything asks for it. */
struct bpf_object *clibbpf_open(const void *bytes, size_t size, const char *name, const char *btf);

/* Keeps libbpf's lines off the terminal; the newest warning of this thread is at hand for an error's text. */
void clibbpf_capture_warnings(void);
const char *clibbpf_last_warning(void);

/*
 * libbpf insists that the padding of its option structs is zero, and a struct that Swift has copied does not keep its
 * padding: they are filled in here. All answer a negative errno on failure.
 */
int clibbpf_tcx_attach(int program, int ifindex, enum bpf_attach_type type);
int clibbpf_tcx_info(int link, __u32 *ifindex, __u32 *program);
/* Answers 1 when the clsact qdisc is new, 0 when it was there. */
int clibbpf_clsact_create(int ifindex);
int clibbpf_clsact_destroy(int ifindex);
int clibbpf_filter_attach(int ifindex, enum bpf_tc_attach_point point, int program, __u32 handle, __u32 priority,
			  int replace, __u32 *program_id);
int clibbpf_filter_detach(int ifindex, enum bpf_tc_attach_point point, __u32 handle, __u32 priority);

/* Loads a tc program that lets everything pass; and runs a program on an empty frame, over and over. */
int clibbpf_empty_program(void);
int clibbpf_repeat(int program, int count);
