// A caching_classifier with a fake behind it.
#pragma once

#include "serving_fakes.hpp"
#include "sma/serving/caching_classifier.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include "catch.hpp"

#include <list>
#include <map>
#include <stop_token>

namespace sma::serving::test {
namespace asio = boost::asio;

using images = std::vector<std::string_view>;

/// Holds every call until it is released; then answers each image with its length, or with the error set for it.
class held_classifier final : public image_classifier {
public:
    explicit held_classifier(asio::io_context& io) : io_(io) {}

    result<void> check(std::size_t, steady_time) const override { return {}; }
    asio::awaitable<result<classification>> classify(request_context context, images files,
                                                     wanted_features wanted) override {
        calls.push_back(files);
        wishes.push_back(wanted);
        asio::steady_timer timer(io_, steady_time::max());
        held_.push_back(&timer);
        std::stop_callback const leave(context.cancelled, [&timer] { timer.cancel(); });
        constexpr auto token = asio::as_tuple(asio::use_awaitable);
        if (!open && !context.is_cancelled()) {
            auto const [ended] = co_await timer.async_wait(token);
            (void)ended;
        }
        std::erase(held_, &timer);
        if (context.is_cancelled()) co_return error(errc::client_closed_request, "left");
        if (failure) co_return *failure;
        classification c;
        c.model = model;
        c.batch_size = static_cast<int>(files.size());
        c.infer_ms = 3;
        for (auto const file : files) {
            if (errors.contains(std::string(file)))
                c.logits.emplace_back(errors.at(std::string(file)));
            else
                c.logits.emplace_back(std::vector<float>{static_cast<float>(file.size()), version});
        }
        co_return c;
    }
    void release() {
        for (auto* timer : held_) timer->cancel();
    }

    std::vector<images> calls;
    std::vector<wanted_features> wishes;  ///< one a call
    bool open = true;
    float version = 1;
    std::shared_ptr<model_instance> model;
    std::optional<error> failure;
    std::map<std::string, error> errors;

private:
    asio::io_context& io_;
    std::vector<asio::steady_timer*> held_;
};

inline std::shared_ptr<model_instance> new_model(std::string sum = "sum") {
    auto m = model_of(std::make_unique<fake_engine>());
    m->weights_sha256 = std::move(sum);
    return m;
}

/// A cache before a classifier that a test holds and releases, on an io_context that the test runs.
struct cached_service {
    cached_service() { inner.model = new_model(); }

    /// Runs until the condition holds.
    template <class Condition>
    void run_until(Condition condition) {
        auto const end = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < end);
            io.restart();
            io.run_one_for(10ms);
        }
    }
    using answer = std::optional<result<classification>>;
    /// The answer is there once it has come.
    answer& start(images files, request_context context = {}, wanted_features wanted = {}) {
        auto& place = answers.emplace_back();
        asio::co_spawn(io, cache.classify(std::move(context), std::move(files), wanted),
                       [&place](std::exception_ptr failed, result<classification> r) {
                           if (failed) std::rethrow_exception(failed);
                           place.emplace(std::move(r));
                       });
        return place;
    }
    result<classification> ask(images files, request_context context = {}, wanted_features wanted = {}) {
        auto& a = start(std::move(files), std::move(context), wanted);
        run_until([&] { return a.has_value(); });
        return *a;
    }
    cache_options options() {
        cache_options o;
        o.bytes_max = 1U << 20U;
        o.images_max = 16;
        o.settings = "settings";
        o.current_model = [this]() -> result<std::shared_ptr<model_instance>> { return inner.model; };
        o.now = clock.reader();
        return o;
    }
    /// Until every request waits: in the classifier, or for one that is there.
    void settle() {
        for (int i = 0; i < 20; ++i) {
            io.restart();
            io.run_for(1ms);
        }
    }

    metrics m;
    manual_clock clock;
    asio::io_context io;
    std::list<answer> answers;
    held_classifier inner{io};
    caching_classifier cache{inner, options(), m};
};

inline std::vector<float> logits_of(result<classification> const& r, std::size_t i = 0) { return *r->logits[i]; }

}  // namespace sma::serving::test
