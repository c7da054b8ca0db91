// Tests of the decode pool, with work that lasts as long as the test wants.
#include "sma/serving/decode_pool.hpp"
#include "sma/core/metrics.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include "catch.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

using namespace sma;
using namespace sma::serving;
using image::dimensions;
using namespace std::chrono_literals;

namespace {

/// Holds the fake decodes until it is opened, and counts them. Thread-safe.
class gate {
public:
    void open() {
        std::lock_guard const lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++inside_;
        ++begun_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        --inside_;
    }
    void wait_for_begun(int n) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this, n] { return begun_ >= n; });
    }
    int inside() {
        std::lock_guard const lock(mutex_);
        return inside_;
    }
    int begun() {
        std::lock_guard const lock(mutex_);
        return begun_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int inside_ = 0;
    int begun_ = 0;
};

/// "slow" waits at the gate; "large" has 300 million pixels; "memory" and "bug" throw; "bad" is an error.
class fake_work final : public image::image_work {
public:
    explicit fake_work(gate& g) : gate_(g) {}
    result<dimensions> probe(std::string_view bytes, request_context const&) override {
        if (bytes.starts_with("large")) return dimensions{30'000, 10'000};
        return dimensions{100, 100};
    }
    result<void> decode(std::string_view bytes, request_context const&, image::preprocess_options const&,
                        tensor_buffer& out) override {
        if (bytes == "memory") throw std::bad_alloc();
        if (bytes == "bug") throw std::runtime_error("bug");
        if (bytes == "bad") return error(errc::preprocessing_failed, "bad");
        if (bytes.ends_with("slow")) gate_.pass();
        out.data()[0] = static_cast<std::byte>(bytes.front());
        return {};
    }
    result<void> pack(std::string_view planes, tensor_buffer& out) override {
        if (planes.size() != out.format().bytes()) return error(errc::validation_error, "bad");
        std::copy(planes.begin(), planes.end(), reinterpret_cast<char*>(out.data()));
        return {};
    }

private:
    gate& gate_;
};

struct fixture {
    explicit fixture(decode_pool_options options = {}) {
        pool.emplace(options, measures, [this] { return std::make_unique<fake_work>(doors); });
    }

    /// Its answer appears under `id` when run() has got it.
    void send(int id, std::vector<std::string_view> images, request_context context = {}) {
        ++sent;
        input_format const format{4, 4, element_type::f32, 1};
        pool->async_decode({std::move(context), format, std::move(images)},
                           boost::asio::bind_executor(io, [this, id](result<decode_output> r) {
                               CHECK(answers.count(id) == 0);
                               answers.emplace(id, std::move(r));
                           }));
    }

    /// Until every request has its answer; handlers run on this thread.
    template <class Condition>
    void run_until(Condition done) {
        io.restart();
        while (!done()) io.run_one();
    }
    void run() {
        run_until([this] { return answers.size() >= static_cast<std::size_t>(sent); });
    }

    errc failure(int id) { return answers.at(id).error().code; }
    errc failure(int id, std::size_t image) { return answers.at(id)->images.at(image).error().code; }
    bool succeeded(int id) { return answers.at(id).has_value() && answers.at(id)->images.front().has_value(); }

    boost::asio::io_context io;
    metrics measures;
    gate doors;
    std::map<int, result<decode_output>> answers;
    int sent = 0;
    std::optional<decode_pool> pool;
};

decode_pool_options with_threads(int threads, std::size_t images_max = 128) {
    decode_pool_options options;
    options.threads = threads;
    options.images_max = images_max;
    return options;
}

}  // namespace

TEST_CASE("a request's results come in the order of its images, each with its own outcome") {
    fixture f(with_threads(3));
    f.send(1, {"a", "bad", "c", "memory", "e", "bug", "g"});
    f.run();
    auto const& images = f.answers.at(1)->images;
    REQUIRE(images.size() == 7);
    for (std::size_t i : {0U, 2U, 4U, 6U}) CHECK(images[i]->data()[0] == static_cast<std::byte>('a' + i));
    CHECK(f.failure(1, 1) == errc::preprocessing_failed);
    CHECK(f.failure(1, 3) == errc::out_of_memory);
    CHECK(f.failure(1, 5) == errc::internal_error);
    CHECK(f.answers.at(1)->decode_ms >= 0);
    CHECK(f.measures.decode_queue_depth.Value() == 0);
}

TEST_CASE("a request without images is answered") {
    fixture f;
    f.send(1, {});
    f.run();
    CHECK(f.answers.at(1)->images.empty());
}

TEST_CASE("more images than the pool may hold are refused, and accepted again once there is capacity") {
    fixture f(with_threads(1, 2));
    f.send(1, {"slow"});
    f.doors.wait_for_begun(1);
    f.send(2, {"b"});
    f.send(3, {"c"});
    f.doors.open();
    f.run();
    CHECK(f.succeeded(1));
    CHECK(f.succeeded(2));
    CHECK(f.failure(3) == errc::queue_full);
    CHECK(f.answers.at(3).error().retry_after_s.has_value());
    f.send(4, {"d", "e"});
    f.run();
    CHECK(f.succeeded(4));
}

TEST_CASE("images whose client left cost nothing and use no capacity") {
    fixture f(with_threads(1, 2));
    f.send(1, {"slow"});
    f.doors.wait_for_begun(1);
    std::stop_source client;
    request_context context;
    context.cancelled = client.get_token();
    f.send(2, {"slow"}, context);
    client.request_stop();
    f.send(3, {"c"});
    f.doors.open();
    f.run();
    CHECK(f.failure(2) == errc::client_closed_request);
    CHECK(f.succeeded(3));
    CHECK(f.doors.begun() == 1);
    CHECK(f.measures.cancelled_images_total.Value() == 1);
}

TEST_CASE("a request that is cancelled before it is sent is answered at once") {
    fixture f;
    std::stop_source client;
    client.request_stop();
    request_context context;
    context.cancelled = client.get_token();
    f.send(1, {"a"}, context);
    f.run();
    CHECK(f.failure(1) == errc::client_closed_request);
}

TEST_CASE("an image whose deadline passed in the queue is not decoded") {
    fixture f(with_threads(1));
    f.send(1, {"slow"});
    f.doors.wait_for_begun(1);
    request_context context;
    context.deadline = std::chrono::steady_clock::now() - 1ms;
    f.send(2, {"slow"}, context);
    f.doors.open();
    f.run();
    CHECK(f.failure(2, 0) == errc::deadline_exceeded);
    CHECK(f.doors.begun() == 1);
    CHECK(f.measures.expired_images_total.Value() == 1);
}

TEST_CASE("images whose pixels do not fit together are decoded one after the other") {
    fixture f(with_threads(2));
    f.send(1, {"large slow"});
    f.doors.wait_for_begun(1);
    request_context hurried;
    hurried.deadline = std::chrono::steady_clock::now() + 20ms;
    f.send(2, {"large slow"}, hurried);
    // Its thread waits for capacity until the deadline; only then is there an answer.
    while (f.answers.empty()) f.io.run_one();
    CHECK(f.failure(2, 0) == errc::deadline_exceeded);
    CHECK(f.doors.inside() == 1);
    f.send(3, {"large"});
    f.doors.open();
    f.run();
    CHECK(f.succeeded(1));
    CHECK(f.succeeded(3));
}

TEST_CASE("an image that waits for capacity is given up when its client leaves") {
    fixture f(with_threads(2));
    f.send(1, {"large slow"});
    f.doors.wait_for_begun(1);
    std::stop_source client;
    request_context context;
    context.cancelled = client.get_token();
    f.send(2, {"large"}, context);
    client.request_stop();
    while (f.answers.empty()) f.io.run_one();
    CHECK(f.failure(2) == errc::client_closed_request);
    f.doors.open();
    f.run();
    CHECK(f.succeeded(1));
}

TEST_CASE("closing the pool answers what is queued and finishes what has begun") {
    fixture f(with_threads(1));
    f.send(1, {"slow"});
    f.doors.wait_for_begun(1);
    f.send(2, {"b", "c"});
    std::jthread const closing([&f] { f.pool.reset(); });
    while (f.answers.empty()) f.io.run_one();
    CHECK(f.failure(2, 0) == errc::shutting_down);
    CHECK(f.failure(2, 1) == errc::shutting_down);
    f.doors.open();
    f.run();
    CHECK(f.succeeded(1));
}

TEST_CASE("other work runs on a decode thread, in its turn and within the same bounds") {
    fixture f(with_threads(1, 2));
    std::optional<result<void>> ran, failed, refused;
    std::thread::id where;
    auto const into = [&f](std::optional<result<void>>& to) {
        return boost::asio::bind_executor(f.io, [&to](result<void> r) { to.emplace(std::move(r)); });
    };
    f.send(1, {"slow"});
    f.doors.wait_for_begun(1);
    f.pool->workers().async_run(
        {}, [&where] { where = std::this_thread::get_id(); }, into(ran));
    f.pool->workers().async_run(
        {}, [] { FAIL("there is no capacity for it"); }, into(refused));
    CHECK(f.measures.decode_queue_depth.Value() == 2);
    f.doors.open();
    f.run_until([&] { return ran && refused; });
    CHECK(ran->has_value());
    CHECK(where != std::thread::id());
    CHECK(where != std::this_thread::get_id());
    CHECK(refused->error().code == errc::queue_full);

    f.pool->workers().async_run(
        {}, [] { throw std::bad_alloc(); }, into(failed));
    f.run_until([&] { return failed.has_value(); });
    CHECK(failed->error().code == errc::out_of_memory);
    failed.reset();
    f.pool->workers().async_run(
        {}, [] { throw std::runtime_error("bug"); }, into(failed));
    f.run_until([&] { return failed.has_value(); });
    CHECK(failed->error().code == errc::internal_error);
    f.run();
    CHECK(f.measures.decode_queue_depth.Value() == 0);
}

TEST_CASE("other work for a client that left, or past its deadline, is not done") {
    fixture f(with_threads(1));
    std::optional<result<void>> cancelled, late;
    bool worked = false;
    std::stop_source client;
    request_context left;
    left.cancelled = client.get_token();
    request_context expired;
    expired.deadline = std::chrono::steady_clock::now() - 1ms;
    f.send(1, {"slow"});
    f.doors.wait_for_begun(1);
    f.pool->workers().async_run(
        left, [&worked] { worked = true; },
        boost::asio::bind_executor(f.io, [&](result<void> r) { cancelled.emplace(std::move(r)); }));
    f.pool->workers().async_run(
        expired, [&worked] { worked = true; },
        boost::asio::bind_executor(f.io, [&](result<void> r) { late.emplace(std::move(r)); }));
    client.request_stop();
    f.doors.open();
    f.run_until([&] { return cancelled && late; });
    CHECK(cancelled->error().code == errc::client_closed_request);
    CHECK(late->error().code == errc::deadline_exceeded);
    CHECK_FALSE(worked);
}

TEST_CASE("normalized images go to the thread's work, each with its own outcome") {
    fixture f;
    std::vector<float> values(3 * 4 * 4);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    std::string_view const bytes(reinterpret_cast<char const*>(values.data()), values.size() * sizeof(float));
    std::optional<result<decode_output>> answer;
    f.pool->async_decode(
        {request_context{}, {4, 4, element_type::f32, 1}, {bytes, bytes.substr(4)}, image_content::planes},
        boost::asio::bind_executor(f.io, [&answer](result<decode_output> r) { answer.emplace(std::move(r)); }));
    while (!answer) f.io.run_one();
    REQUIRE(answer->has_value());
    auto const& images = (*answer)->images;
    REQUIRE(images[0].has_value());
    auto const* packed = reinterpret_cast<float const*>(images[0]->data());
    CHECK(std::equal(values.begin(), values.end(), packed));
    CHECK(images[1].error().code == errc::validation_error);
}

TEST_CASE("many requests from many threads are each answered once") {
    fixture f(with_threads(4, 100'000));
    f.doors.open();
    std::vector<std::jthread> senders;
    std::atomic<int> answered = 0;
    constexpr int senders_count = 4;
    constexpr int requests_each = 200;
    for (int s = 0; s < senders_count; ++s) {
        senders.emplace_back([&f, &answered] {
            for (int i = 0; i < requests_each; ++i) {
                std::stop_source client;
                request_context context;
                context.cancelled = client.get_token();
                f.pool->async_decode(
                    {context, input_format{4, 4, element_type::f32, 1}, {"a", "slow"}},
                    boost::asio::bind_executor(f.io, [&answered](result<decode_output>) { ++answered; }));
                if (i % 3 == 0) client.request_stop();
            }
        });
    }
    senders.clear();
    while (answered < senders_count * requests_each) f.io.run_one();
    CHECK(f.measures.decode_queue_depth.Value() == 0);
}
