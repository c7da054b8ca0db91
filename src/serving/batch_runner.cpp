#include "batch_runner.hpp"

#include "sma/core/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sma::serving {
namespace {

error engine_failed() {
    return error(errc::inference_runtime_error,
                 "the model failed on this image: the server's log has the cause under the correlation ID");
}

error no_memory() {
    return error(errc::out_of_memory, "the server had too little memory for this image: try again later", 5);
}

}  // namespace

struct batch_runner::job {
    engine::engine& engine;
    std::span<std::byte const* const> images;
    std::span<image_result> results;
    run_report report;
    std::string what;  ///< of the last exception
};

run_report batch_runner::run(engine::engine& e, std::span<std::byte const* const> images,
                             std::span<image_result> results) {
    job j{e, images, results, {}, {}};
    auto const began = now_();
    run_part(j, 0, images.size());
    auto const clean = !j.report.ran_out_of_memory && static_cast<std::size_t>(j.report.largest_pass) == images.size();
    if (clean) j.report.clean_pass = now_() - began;
    return std::move(j.report);
}

void batch_runner::run_part(job& j, std::size_t first, std::size_t count) {
    switch (attempt(j, first, count)) {
        case outcome::done:
            return;
        case outcome::out_of_memory:
            return run_again_after_oom(j, first, count);
        case outcome::failed:
            break;
    }
    if (count == 1) {
        j.results[first] = engine_failed();
        j.report.failures.push_back({first, j.what});
        return;
    }
    for (std::size_t i = first; i < first + count; ++i) run_part(j, i, 1);
}

void batch_runner::run_again_after_oom(job& j, std::size_t first, std::size_t count) {
    auto const released_before = j.report.ran_out_of_memory;
    j.report.ran_out_of_memory = true;
    j.engine.release_memory();
    if (count > 1) {
        auto const half = count / 2;
        run_part(j, first, half);
        run_part(j, first + half, count - half);
    } else if (!released_before) {
        run_part(j, first, 1);  // alone from the start: what larger batches had kept is free only now
    } else {
        j.results[first] = no_memory();
    }
}

batch_runner::outcome batch_runner::attempt(job& j, std::size_t first, std::size_t count) {
    auto const finished = [this](outcome o) {
        pass_started_.store(0, std::memory_order_relaxed);
        return o;
    };
    try {
        pass(j, first, count);
        store(j, first, count);
        return finished(outcome::done);
    } catch (std::bad_alloc const&) {
        return finished(outcome::out_of_memory);
    } catch (std::exception const& e) {
        j.what = e.what();
    } catch (...) {
        j.what = "an exception of unknown type";
    }
    return finished(outcome::failed);
}

void batch_runner::pass(job& j, std::size_t first, std::size_t count) {
    auto const classes = static_cast<std::size_t>(j.engine.classes());
    // Not finite until written: a row that the engine forgot becomes an error, never the answer to another request.
    logits_.assign(count * classes, std::numeric_limits<float>::quiet_NaN());
    auto const began = now_();
    pass_started_.store(began.time_since_epoch().count(), std::memory_order_relaxed);
    j.engine.infer(j.images.subspan(first, count), logits_);
    auto const took = std::chrono::duration<double>(now_() - began).count();
    metrics_.model_inference_duration_seconds.Observe(took);
    metrics_.batch_size.Observe(static_cast<double>(count));
    j.report.largest_pass = std::max(j.report.largest_pass, static_cast<int>(count));
}

void batch_runner::store(job& j, std::size_t first, std::size_t count) {
    auto const classes = logits_.size() / count;
    for (std::size_t i = 0; i < count; ++i) {
        auto const row = std::span(logits_).subspan(i * classes, classes);
        if (std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); })) {
            j.results[first + i] = std::vector<float>(row.begin(), row.end());
        } else {
            j.results[first + i] = engine_failed();
            j.report.failures.push_back({first + i, "the logits are not finite"});
        }
    }
}

std::optional<steady_time> batch_runner::pass_started() const noexcept {
    auto const started = pass_started_.load(std::memory_order_relaxed);
    if (started == 0) return std::nullopt;
    return steady_time(steady_time::duration(started));
}

}  // namespace sma::serving
