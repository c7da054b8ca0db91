#include "sma/engine/onednn_engine.hpp"

#include "activation_map.hpp"
#include "batch_plan.hpp"
#include "classifier_rows.hpp"
#include "packed_weights.hpp"
#include "sma/engine/thread_team.hpp"

#include "sma/core/usable_resources.hpp"
#include "sma/engine/cpu_capability.hpp"
#include "sma/engine/useful_threads.hpp"
#include "sma/model/feature_values.hpp"
#include "sma/model/quantized_weights.hpp"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sma::engine {
namespace {

constexpr std::size_t batch_sizes_kept = 16;

/// The size of the calling thread's OpenMP team, for a while. oneDNN fixes it in a primitive when that is made.
class team_size {
public:
    explicit team_size(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
    ~team_size() { omp_set_num_threads(before_); }
    team_size(team_size const&) = delete;
    team_size& operator=(team_size const&) = delete;

private:
    int before_;
};

/// Runs `work` with oneDNN's exceptions translated.
template <class Work>
decltype(auto) translated(Work work) {
    try {
        return work();
    } catch (dnnl::error const& e) {
        if (e.status == dnnl_out_of_memory) throw out_of_memory("oneDNN ran out of memory");
        throw std::runtime_error(std::string("oneDNN: ") + e.what());
    }
}

template <class Work>
auto with_team(int threads, Work work) {
    team_size const team(threads);
    return translated(work);
}

/// Guards oneDNN's cache of primitives, which all engines share: emptying it while another thread creates a primitive
/// corrupts memory (seen with 2.6). Threads that create primitives lock it shared, a thread that empties the cache
/// locks it exclusively.
std::shared_mutex primitive_cache;

void empty_primitive_cache() {
    std::unique_lock const alone(primitive_cache);
    int const capacity = dnnl::get_primitive_cache_capacity();
    dnnl::set_primitive_cache_capacity(0);
    dnnl::set_primitive_cache_capacity(capacity);
}

element_type input_element(value_type t) {
    return t == value_type::f32 ? element_type::f32 : t == value_type::bf16 ? element_type::bf16 : element_type::s8;
}

}  // namespace

class onednn_engine::impl {
public:
    impl(model::graph const& graph, network_plan plan, precision p, int threads, int max_batch_size)
        : network_(graph, std::move(plan), p),
          kernels_(network_, graph, this_cpu()),
          weights_(with_team(threads, [&] { return pack(graph, max_batch_size); })),
          features_(model::find_features(graph)),
          rows_(network_, kernels_, graph) {
        description_ = {"onednn", std::string(precision_name(p)), "cpu", this_cpu().instruction_set, threads, {}};
        auto const& in = network_.plan().values.front();
        input_ = {in.height, in.width, input_element(in.type), in.scale};
        with_team(threads, [&] { plan_for(pass_size(max_batch_size)); });
    }

    std::optional<feature_shape> features() const noexcept {
        if (!features_) return std::nullopt;
        auto const& map = network_.plan().values[features_->map];
        return feature_shape{map.channels, map.height, map.width};
    }

    /// `read` may be empty.
    void infer(std::span<std::byte const* const> images, std::span<float> logits, feature_reader const& read) {
        if (images.empty() || logits.size() != images.size() * static_cast<std::size_t>(network_.graph().classes))
            throw std::invalid_argument("infer: logits must have classes() floats for each of >= 1 images");
        with_team(description_.threads, [&] {
            int const count = static_cast<int>(images.size());
            reserve_arena(pass_size(count));  // before the primitives: it fails soonest
            auto const classes = logits.size() / images.size();
            for_each_pass(count, [&](std::size_t first, std::size_t size) {
                batch_plan& plan = plan_for(static_cast<int>(size));
                bind(plan);
                plan.run(stream_, images.subspan(first, size), logits.subspan(first * classes, size * classes));
                if (read) show_features(plan, first, size, read);
            });
        });
    }

    void prepare(int images) {
        with_team(description_.threads, [&] {
            for_each_pass(images, [&](std::size_t, std::size_t size) { make_plan(static_cast<int>(size)); });
        });
    }

    void release_memory() noexcept {
        plans_.clear();
        weights_.drop_copies();
        rows_.release();
        arena_ = {};
        arena_images_ = 0;
        scratchpad_ = {};
        try {
            empty_primitive_cache();
        } catch (dnnl::error const&) {  // then the cache stays as it is
        }
    }

    onednn_memory memory_use() const noexcept {
        return {kernels_.bytes() + weights_.bytes(), arena_.size(), scratchpad_.size(),
                static_cast<int>(plans_.size())};
    }

    description description_;
    input_format input_;
    int classes() const noexcept { return network_.graph().classes; }

private:
    /// Of one image in the activations of the last pass.
    class shown_features final : public image_features {
    public:
        shown_features(impl& owner, batch_plan const& pass, std::size_t image)
            : owner_(owner), pass_(pass), image_(image) {}

        void read_embedding(std::span<float> to) const override {
            auto const& pooled = value(owner_.features_->pooled);
            check(to.size() == static_cast<std::size_t>(pooled.channels));
            read_values(pooled, stored(pooled), to);
        }
        void read_activation_map(int class_index, std::span<float> to) const override {
            auto const& map = value(owner_.features_->map);
            check(to.size() == owner_.features()->positions() && class_index >= 0 && class_index < owner_.classes());
            activation_map(map, stored(map), owner_.class_weights(class_index), to);
        }

    private:
        static void check(bool good) {
            if (!good)
                throw std::invalid_argument("features: a class that the network has, and a float for each value");
        }
        value_plan const& value(std::size_t id) const { return owner_.network_.plan().values[id]; }
        std::byte const* stored(value_plan const& v) const { return pass_.value(v) + image_ * v.bytes(); }

        impl& owner_;
        batch_plan const& pass_;
        std::size_t image_;
    };

    std::vector<float> class_weights(int class_index) {
        std::shared_lock const making(primitive_cache);
        return rows_.row(network_, weights_, class_index);
    }

    void show_features(batch_plan const& pass, std::size_t first, std::size_t size, feature_reader const& read) {
        for (std::size_t i = 0; i < size; ++i) read(first + i, shown_features(*this, pass, i));
    }

    struct kept_plan {
        std::unique_ptr<batch_plan> plan;
        std::size_t last_use = 0;
    };

    packed_weights pack(model::graph const& graph, int max_batch_size) {
        std::shared_lock const making(primitive_cache);
        return packed_weights(engine_, network_, kernels_, graph, pass_size(max_batch_size));
    }

    /// The number of these images that go through the network at once. With oneDNN 2.x int8's scales are part of a
    /// primitive, so that no two layers share one and a batch size takes four times the memory of one at bf16:
    /// therefore only powers of two are used. That costs a batch of 3, 5, 6 or 7 a tenth of its time, one of 4 or 8
    /// nothing. Our own kernels serve any size.
    int pass_size(int images) const noexcept {
        if (network_.runs_in() != precision::int8 || !kernels_.empty()) return images;
        return static_cast<int>(std::bit_floor(static_cast<unsigned>(images)));
    }

    template <class Work>
    void for_each_pass(int images, Work work) const {
        for (int first = 0; first < images;) {
            int const size = pass_size(images - first);
            work(static_cast<std::size_t>(first), static_cast<std::size_t>(size));
            first += size;
        }
    }

    std::unique_ptr<batch_plan> make_plan(int images) {
        std::shared_lock const making(primitive_cache);
        return std::make_unique<batch_plan>(engine_, network_, kernels_, weights_, images);
    }

    batch_plan& plan_for(int images) {
        auto found = plans_.find(images);
        if (found == plans_.end()) {
            auto made = make_plan(images);
            if (plans_.size() >= batch_sizes_kept) forget_oldest();
            found = plans_.emplace(images, kept_plan{std::move(made), 0}).first;
        }
        found->second.last_use = ++uses_;
        return *found->second.plan;
    }

    void forget_oldest() {
        plans_.erase(std::min_element(plans_.begin(), plans_.end(), [](auto const& a, auto const& b) {
            return a.second.last_use < b.second.last_use;
        }));
    }

    void reserve_arena(int images) {
        if (images <= arena_images_) return;
        arena_images_ = 0;
        grow(arena_, plan_arena(network_.plan(), images).bytes);
        arena_images_ = images;
    }

    void bind(batch_plan& plan) {
        grow(scratchpad_, plan.scratchpad_bytes());
        if (plan.arena() != arena_.data() || plan.scratchpad() != scratchpad_.data())
            plan.bind(arena_.data(), scratchpad_.data());
    }

    /// Frees the old memory first, because both at once may not fit.
    static void grow(memory_block& block, std::size_t bytes) {
        if (block.size() >= bytes) return;
        block = {};
        block = memory_block(bytes);
    }

    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};
    network network_;
    layer_kernels kernels_;
    packed_weights weights_;
    std::optional<model::feature_values> const features_;
    classifier_rows rows_;
    memory_block arena_;
    int arena_images_ = 0;  ///< the largest batch that fits
    memory_block scratchpad_;
    std::map<int, kept_plan> plans_;
    std::size_t uses_ = 0;
};

onednn_engine::onednn_engine(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
onednn_engine::~onednn_engine() = default;
description const& onednn_engine::describe() const noexcept { return impl_->description_; }
input_format const& onednn_engine::input() const noexcept { return impl_->input_; }
int onednn_engine::classes() const noexcept { return impl_->classes(); }
void onednn_engine::infer(std::span<std::byte const* const> images, std::span<float> logits) {
    impl_->infer(images, logits, {});
}
std::optional<feature_shape> onednn_engine::features() const noexcept { return impl_->features(); }
void onednn_engine::infer_with_features(std::span<std::byte const* const> images, std::span<float> logits,
                                        feature_reader const& read) {
    impl_->infer(images, logits, read);
}
bool onednn_engine::prepare(int images) {
    impl_->prepare(images);
    return true;
}
void onednn_engine::release_thread() noexcept { release_thread_team(); }
void onednn_engine::release_memory() noexcept { impl_->release_memory(); }
onednn_memory onednn_engine::memory_use() const noexcept { return impl_->memory_use(); }

result<std::unique_ptr<onednn_engine>> create_onednn_engine(model::graph const& graph, onednn_options const& options) {
    auto const chosen = select_precision(options.precision, options.force, graph.quantized, this_cpu());
    if (!chosen) return chosen.error();
    auto plan = plan_network(graph, *chosen, options.height, options.width);
    if (!plan) return plan.error();
    int const threads = options.threads > 0 ? options.threads : useful_threads(usable_cpus());
    bool const needs_floats = graph.quantized && *chosen != precision::int8;
    try {
        return std::make_unique<onednn_engine>(
            std::make_unique<onednn_engine::impl>(needs_floats ? model::dequantized(graph) : graph, std::move(*plan),
                                                  *chosen, threads, std::max(1, options.max_batch_size)));
    } catch (std::bad_alloc const&) {
        release_thread_team();
        return error(errc::out_of_memory,
                     "not enough memory for the weights in " + std::string(precision_name(*chosen)));
    } catch (std::runtime_error const& e) {
        release_thread_team();
        return error(errc::unsupported, "precision " + std::string(precision_name(*chosen)) +
                                            " does not run on this CPU (" + this_cpu().instruction_set +
                                            "): " + e.what());
    }
}

}  // namespace sma::engine
