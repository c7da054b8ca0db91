#include "system_calls.hpp"

#include "sma/isolation/messages.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

namespace sma::decode_worker {
namespace {

/// Harmless with any arguments.
constexpr std::array harmless{
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
};

/// A filter in the making. Its first failure is remembered.
class filter {
public:
    filter() : context_(::seccomp_init(SCMP_ACT_KILL_PROCESS), ::seccomp_release) {
        if (!context_) failure_ = ENOMEM;
    }

    template <class... Conditions>
    filter& allow(int call, Conditions... conditions) {
        return add(SCMP_ACT_ALLOW, call, conditions...);
    }
    /// As if the kernel had none.
    filter& deny_quietly(int call) { return add(SCMP_ACT_ERRNO(ENOSYS), call); }

    /// For all threads of the process. 0, or what went wrong.
    int load() {
        note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
        note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
        note(failure_ == 0 ? ::seccomp_load(context_.get()) : 0);
        return failure_;
    }

private:
    template <class... Conditions>
    filter& add(std::uint32_t action, int call, Conditions... conditions) {
        note(::seccomp_rule_add(context_.get(), action, call, sizeof...(conditions), conditions...));
        return *this;
    }
    void note(int outcome) noexcept {
        if (outcome < 0 && failure_ == 0) failure_ = -outcome;
    }

    std::unique_ptr<void, decltype(&::seccomp_release)> context_;
    int failure_ = 0;
};

scmp_arg_cmp is(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp has_not(unsigned argument, std::uint64_t bits) { return {argument, SCMP_CMP_MASKED_EQ, bits, 0}; }
scmp_arg_cmp has(unsigned argument, std::uint64_t bits) { return {argument, SCMP_CMP_MASKED_EQ, bits, bits}; }

void allow_memory(filter& rules) {
    rules.allow(SCMP_SYS(mmap), has_not(2, PROT_EXEC), has(3, MAP_ANONYMOUS));
    rules.allow(SCMP_SYS(mprotect), has_not(2, PROT_EXEC));
}

void allow_messages(filter& rules) {
    rules.allow(SCMP_SYS(recvfrom), is(0, isolation::worker_socket));
    rules.allow(SCMP_SYS(sendto), is(0, isolation::worker_socket), is(4, 0));
    // Of libraries; nobody reads them.
    rules.allow(SCMP_SYS(write), is(0, STDERR_FILENO));
    rules.allow(SCMP_SYS(writev), is(0, STDERR_FILENO));
}

/// Some libraries decode in threads. The flags of clone3() cannot be looked at: without it the C library uses clone().
void allow_threads(filter& rules) {
    rules.deny_quietly(SCMP_SYS(clone3));
    rules.allow(SCMP_SYS(clone), has(0, CLONE_THREAD));
    rules.allow(SCMP_SYS(prctl), is(0, PR_SET_NAME));
}

/// How abort() ends the process.
void allow_abort(filter& rules) { rules.allow(SCMP_SYS(tgkill), is(0, static_cast<std::uint64_t>(::getpid()))); }

}  // namespace

result<void> filter_system_calls() {
    filter rules;
    for (int const call : harmless) rules.allow(call);
    allow_memory(rules);
    allow_messages(rules);
    allow_threads(rules);
    allow_abort(rules);
    int const failure = rules.load();
    if (failure == 0) return {};
    return error(errc::unsupported, "the kernel does not take the filter of system calls (seccomp): " +
                                        std::generic_category().message(failure));
}

}  // namespace sma::decode_worker
