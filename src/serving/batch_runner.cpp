#include "batch_runner.hpp"

#include "sma/core/model_metrics.hpp"
#include "sma/serving/top_classes.hpp"

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

bool are_finite(std::span<float const> logits) {
    return std::all_of(logits.begin(), logits.end(), [](float v) { return std::isfinite(v); });
}

void read_maps(engine::image_features const& features, std::size_t positions, std::span<float const> logits, int count,
               std::vector<activation_map>& maps) {
    maps.clear();
    for (int const index : best_classes(logits, count)) {
        maps.push_back({index, std::vector<float>(positions)});
        features.read_activation_map(index, maps.back().values);
    }
}

void read_features(engine::image_features const& features, engine::feature_shape const& shape,
                   std::span<float const> logits, feature_order const& order) {
    if (!are_finite(logits)) return;
    if (order.wanted.embedding) {
        order.to->embedding.resize(static_cast<std::size_t>(shape.channels));
        features.read_embedding(order.to->embedding);
    }
    if (order.wanted.activation_maps > 0)
        read_maps(features, shape.positions(), logits, order.wanted.activation_maps, order.to->maps);
}

}  // namespace

struct batch_runner::job {
    engine::engine& engine;
    std::span<std::byte const* const> images;
    std::span<image_result> results;
    std::span<feature_order const> orders;
    run_report report;
    std::string what;  ///< of the last exception
};

run_report batch_runner::run(engine::engine& e, std::span<std::byte const* const> images,
                             std::span<image_result> results, std::span<feature_order const> orders) {
    job j{e, images, results, orders, {}, {}};
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
    infer(j, first, count);
    auto const took = std::chrono::duration<double>(now_() - began).count();
    metrics_.model_inference_duration_seconds.Observe(took);
    metrics_.batch_size.Observe(static_cast<double>(count));
    j.report.largest_pass = std::max(j.report.largest_pass, static_cast<int>(count));
}

void batch_runner::infer(job& j, std::size_t first, std::size_t count) {
    auto const images = j.images.subspan(first, count);
    if (j.orders.empty()) return j.engine.infer(images, logits_);
    auto const orders = j.orders.subspan(first, count);
    auto const shape = j.engine.features().value();
    auto const classes = logits_.size() / count;
    j.engine.infer_with_features(images, logits_, [&](std::size_t i, engine::image_features const& features) {
        read_features(features, shape, std::span(logits_).subspan(i * classes, classes), orders[i]);
    });
}

void batch_runner::store(job& j, std::size_t first, std::size_t count) {
    auto const classes = logits_.size() / count;
    for (std::size_t i = 0; i < count; ++i) {
        auto const row = std::span(logits_).subspan(i * classes, classes);
        if (are_finite(row)) {
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
