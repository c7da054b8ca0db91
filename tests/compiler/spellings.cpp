// Everyday spellings of co_await, each run in a process of its own that counts constructions and destructions. Those
// that the project uses must be right with any compiler. Those that it forbids are broken by g++ 12: when a row no
// longer is, the rule has lost its reason and the test says so.
#include "catch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <memory>
#include <set>

namespace asio = boost::asio;

namespace {

// Knows whether each destruction belongs to exactly one construction, without owning anything that could crash.
struct tracked {
    static inline std::set<void const*> alive;
    static inline bool broken = false;

    int value = 7;
    tracked() { alive.insert(this); }
    tracked(tracked const& other) : value(other.value) { alive.insert(this); }
    tracked(tracked&& other) noexcept : value(other.value) { alive.insert(this); }
    tracked& operator=(tracked const&) = default;
    ~tracked() {
        if (alive.erase(this) == 0) broken = true;
    }
};

struct pair_of {
    tracked object;
    int number = 0;
};

template <class F>
asio::awaitable<int> call(F f) {
    co_return f();
}
asio::awaitable<tracked> make() { co_return tracked{}; }
asio::awaitable<int> take(pair_of p) { co_return p.number + p.object.value; }
asio::awaitable<int> take_tracked(tracked t) { co_return t.value; }
asio::awaitable<bool> yes() { co_return true; }

// ---- forbidden
asio::awaitable<void> closure_in_await() {
    tracked x;
    int const r = co_await call([x] { return x.value; });
    (void)r;
}
asio::awaitable<void> spawn_on_awaited_executor() {
    auto p = std::make_shared<tracked>();
    asio::co_spawn(
        co_await asio::this_coro::executor, [p]() -> asio::awaitable<void> { co_return; }, asio::detached);
    if (p.use_count() != 2) tracked::broken = true;  // p itself and the closure's copy
}
asio::awaitable<void> aggregate_in_await() {
    int const r = co_await take({tracked{}, 3});
    (void)r;
}
asio::awaitable<void> conditional_with_await() {
    bool const condition = co_await yes();
    tracked t = condition ? co_await make() : tracked{};
    (void)t;
}
asio::awaitable<void> aggregate_of_awaited() {
    auto a = pair_of{co_await make(), 2};
    (void)a;
}

// ---- used by the project
asio::awaitable<void> named_closure() {
    tracked x;
    auto f = [x] { return x.value; };
    int const r = co_await call(std::move(f));
    if (r != 7) tracked::broken = true;
}
asio::awaitable<void> executor_in_its_own_statement() {
    auto p = std::make_shared<tracked>();
    auto executor = co_await asio::this_coro::executor;
    auto body = [p]() -> asio::awaitable<void> { co_return; };
    asio::co_spawn(executor, std::move(body), asio::detached);
    if (p.use_count() != 2) tracked::broken = true;
}
asio::awaitable<void> named_aggregate() {
    pair_of p;
    p.number = 3;
    int const r = co_await take(std::move(p));
    if (r != 10) tracked::broken = true;
}
asio::awaitable<void> temporary_of_a_class() {
    int const r = co_await take_tracked(tracked());
    if (r != 7) tracked::broken = true;
}
asio::awaitable<void> awaited_then_tested() {
    bool const condition = co_await yes();
    if (!condition) tracked::broken = true;
}

// Exit status of a child that runs it: 0 if every object was made and destroyed once.
template <class F>
bool is_right(F coroutine) {
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        asio::io_context io;
        asio::co_spawn(io, coroutine(), asio::detached);
        io.run();
        _exit(tracked::broken || !tracked::alive.empty() ? 1 : 0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("the spellings of co_await that the project uses are compiled right") {
    CHECK(is_right(named_closure));
    CHECK(is_right(executor_in_its_own_statement));
    CHECK(is_right(named_aggregate));
    CHECK(is_right(temporary_of_a_class));
    CHECK(is_right(awaited_then_tested));
}

TEST_CASE("the spellings that the project forbids are broken by g++ 12.2") {
    struct row {
        char const* name;
        bool right;
    };
    row const rows[] = {
        {"a closure that owns, inside co_await", is_right(closure_in_await)},
        {"co_spawn on an awaited executor", is_right(spawn_on_awaited_executor)},
        {"an aggregate inside co_await", is_right(aggregate_in_await)},
        {"?: with co_await", is_right(conditional_with_await)},
        {"an aggregate of an awaited value", is_right(aggregate_of_awaited)},
    };
    bool const known_broken = __GNUC__ == 12 && __GNUC_MINOR__ == 2;
    for (auto const& r : rows) {
        INFO(r.name);
        if (known_broken)
            CHECK_FALSE(r.right);
        else
            WARN(r.name << (r.right ? ": right" : ": broken") << " with this compiler");
    }
}
