#include "sma/core/worker_pool.hpp"

#include "sma/core/metrics.hpp"

#include "catch.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace sma;
using namespace std::chrono_literals;

namespace {

/// Part 0 waits until it may go on; the others do what `behave` says. Records what befell each part.
class recorded_job final : public worker_job {
public:
    explicit recorded_job(std::size_t parts, request_context c = {}) : worker_job(std::move(c), parts) {}

    void run(std::size_t part, worker_state*) override {
        if (hold && part == 0) {
            begun.set_value();
            go_on.get_future().wait();
        }
        if (behave) behave(part);
        std::lock_guard const lock(mutex_);
        ran.push_back(part);
        threads.push_back(std::this_thread::get_id());
    }
    void fail(std::size_t part, errc why) override {
        std::lock_guard const lock(mutex_);
        failed[part] = why;
    }
    void complete() override { done.set_value(); }

    bool hold = false;
    std::function<void(std::size_t)> behave;
    std::promise<void> begun, go_on, done;
    std::vector<std::size_t> ran;
    std::vector<std::thread::id> threads;
    std::map<std::size_t, errc> failed;

private:
    std::mutex mutex_;
};

worker_pool_options with(int threads, std::size_t parts_max) {
    worker_pool_options o;
    o.threads = threads;
    o.parts_max = parts_max;
    return o;
}

struct fixture {
    explicit fixture(std::size_t parts_max = 8) { pool.emplace(with(1, parts_max), measures); }

    /// A job whose first part is inside run().
    std::shared_ptr<recorded_job> held() {
        auto job = std::make_shared<recorded_job>(1);
        job->hold = true;
        REQUIRE_FALSE(pool->submit(job));
        job->begun.get_future().wait();
        return job;
    }

    metrics measures;
    std::optional<worker_pool> pool;
};

}  // namespace

TEST_CASE("each part of a job runs once, on the pool's thread and in order, and its end follows the last",
          "[worker_pool]") {
    fixture f;
    auto const job = std::make_shared<recorded_job>(4);
    REQUIRE_FALSE(f.pool->submit(job));
    job->done.get_future().wait();
    CHECK(job->ran == std::vector<std::size_t>{0, 1, 2, 3});
    CHECK(job->failed.empty());
    CHECK(job->threads.front() != std::this_thread::get_id());
    CHECK(f.measures.decode_queue_depth.Value() == 0);
}

TEST_CASE("a job that does not fit is refused whole, and a dead one takes no place", "[worker_pool]") {
    fixture f(3);
    auto const first = f.held();
    std::stop_source client;
    request_context left;
    left.cancelled = client.get_token();
    auto const dead = std::make_shared<recorded_job>(2, left);
    REQUIRE_FALSE(f.pool->submit(dead));
    auto const late = std::make_shared<recorded_job>(1);
    CHECK(f.pool->submit(late) == errc::queue_full);
    client.request_stop();
    CHECK_FALSE(f.pool->submit(late));
    first->go_on.set_value();
    late->done.get_future().wait();
    CHECK(dead->ran.empty());
    CHECK(dead->failed ==
          std::map<std::size_t, errc>{{0, errc::client_closed_request}, {1, errc::client_closed_request}});
    CHECK(late->ran.size() == 1);
}

TEST_CASE("what a part throws is its failure, and the thread goes on", "[worker_pool]") {
    fixture f;
    auto const job = std::make_shared<recorded_job>(3);
    job->behave = [](std::size_t part) {
        if (part == 0) throw std::bad_alloc();
        if (part == 1) throw std::runtime_error("bug");
    };
    REQUIRE_FALSE(f.pool->submit(job));
    job->done.get_future().wait();
    CHECK(job->failed == std::map<std::size_t, errc>{{0, errc::out_of_memory}, {1, errc::internal_error}});
    CHECK(job->ran == std::vector<std::size_t>{2});
}

TEST_CASE("a part past its deadline is not run", "[worker_pool]") {
    fixture f;
    request_context expired;
    expired.deadline = std::chrono::steady_clock::now() - 1ms;
    auto const job = std::make_shared<recorded_job>(1, expired);
    REQUIRE_FALSE(f.pool->submit(job));
    job->done.get_future().wait();
    CHECK(job->failed.at(0) == errc::deadline_exceeded);
    CHECK(job->ran.empty());
}

TEST_CASE("the end of the pool fails what is queued and waits for what runs", "[worker_pool]") {
    fixture f;
    auto const first = f.held();
    auto const queued = std::make_shared<recorded_job>(2);
    REQUIRE_FALSE(f.pool->submit(queued));
    std::jthread const ending([&f] { f.pool.reset(); });
    queued->done.get_future().wait();
    CHECK(queued->failed == std::map<std::size_t, errc>{{0, errc::shutting_down}, {1, errc::shutting_down}});
    first->go_on.set_value();
    first->done.get_future().wait();
    CHECK(first->ran.size() == 1);
}

TEST_CASE("each thread has a state of its own, made and destroyed there", "[worker_pool]") {
    struct state : worker_state {
        std::thread::id const home = std::this_thread::get_id();
        ~state() override {
            if (home != std::this_thread::get_id()) std::abort();
        }
    };
    struct job final : worker_job {
        job() : worker_job({}, 1) {}
        void run(std::size_t, worker_state* s) override {
            at_home = static_cast<state*>(s)->home == std::this_thread::get_id();
        }
        void fail(std::size_t, errc) override {}
        void complete() override { done.set_value(); }
        bool at_home = false;
        std::promise<void> done;
    };
    metrics measures;
    auto options = with(2, 8);
    options.make_state = [] { return std::make_unique<state>(); };
    worker_pool pool(options, measures);
    auto const j = std::make_shared<job>();
    REQUIRE_FALSE(pool.submit(j));
    j->done.get_future().wait();
    CHECK(j->at_home);
}
