#include "runtime.hpp"

#include "pool_threads.hpp"
#include "sma/core/shown_text.hpp"
#include "sma/core/thread_annotations.hpp"

#include <array>
#include <iostream>
#include <memory>
#include <string_view>
#include <vector>

namespace sma::onnx {
namespace {

/// What goes wrong is said by exceptions; where nobody asked, nothing is written to the standard streams.
void ORT_API_CALL ignore_message(void*, OrtLoggingLevel, char const*, char const*, char const*, char const*) {}

/// Never freed, as environment().
pool_threads& threads_of_pool() {
    static pool_threads& made = *std::make_unique<pool_threads>().release();
    return made;
}

OrtCustomThreadHandle add_thread(void*, OrtThreadWorkerFn work, void* argument) {
    return reinterpret_cast<OrtCustomThreadHandle>(threads_of_pool().add(work, argument));
}

void join_thread(OrtCustomThreadHandle handle) {
    threads_of_pool().join(reinterpret_cast<pool_threads::worker*>(const_cast<OrtCustomHandleType*>(handle)));
}

/// Activations of all sessions, one of which runs at a time. It grows by what is asked for: doubling, which is the
/// library's own way, would keep up to twice the memory.
void add_arena(Ort::Env& env) {
    constexpr int as_requested = 1;
    Ort::ArenaCfg const arena(/*max_mem=*/0, as_requested, /*initial_chunk_size_bytes=*/-1,
                              /*max_dead_bytes_per_chunk=*/-1);
    env.CreateAndRegisterAllocator(Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault), arena);
}

/// Nothing is written to std::cerr while this lives, of which there may be one at a time. ONNX Runtime registers the
/// operators when it begins, Debian's libonnx registers them again when the first session looks one up, and complains
/// of each there.
class silence {
public:
    silence() : before_(std::cerr.rdbuf(nullptr)) {}
    ~silence() {
        std::cerr.rdbuf(before_);
        std::cerr.clear();
    }
    silence(silence const&) = delete;
    silence& operator=(silence const&) = delete;

private:
    std::streambuf* before_;
};

std::unique_ptr<Ort::Env> make_environment(int threads) {
    Ort::ThreadingOptions pool;
    pool.SetGlobalIntraOpNumThreads(threads);
    pool.SetGlobalInterOpNumThreads(1);
    pool.SetGlobalSpinControl(1);
    pool.SetGlobalCustomCreateThreadFn(add_thread);
    pool.SetGlobalCustomJoinThreadFn(join_thread);
    auto made = std::make_unique<Ort::Env>(pool, ignore_message, nullptr, ORT_LOGGING_LEVEL_FATAL, "");
    made->DisableTelemetryEvents();
    add_arena(*made);
    return made;
}

/// Never freed: its threads may not outlive what they use at the end of the process. A failure to make it is tried
/// again by the next call.
Ort::Env& environment(int threads) {
    static Ort::Env& made = *make_environment(threads).release();
    return made;
}

Ort::SessionOptions session_options() {
    Ort::SessionOptions o;
    o.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
    o.SetExecutionMode(ORT_SEQUENTIAL);
    o.DisablePerSessionThreads();
    o.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
    o.AddConfigEntry("session.use_env_allocators", "1");
    // Weights stay out of the arena, which then is empty between passes and can shrink.
    o.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
    o.AddConfigEntry("session.force_spinning_stop", "1");
    return o;
}

void add_data(Ort::SessionOptions& options, data_bytes_map const& data) {
    if (data.empty()) return;
    std::vector<std::string> names;
    std::vector<char*> buffers;
    std::vector<std::size_t> sizes;
    for (auto const& [name, file] : data) {
        names.push_back(name);
        buffers.push_back(reinterpret_cast<char*>(const_cast<std::byte*>(file->bytes().data())));
        sizes.push_back(file->bytes().size());
    }
    options.AddExternalInitializersFromFilesInMemory(names, buffers, sizes);
}

}  // namespace

Ort::Session make_session(std::span<std::byte const> model, data_bytes_map const& data, int threads) {
    static mutex one_at_a_time;
    mutex_lock const lock(one_at_a_time);
    silence const while_registering;
    auto& env = environment(threads);
    auto options = session_options();
    add_data(options, data);
    return {env, model.data(), model.size(), options};
}

void start_waiting_threads() noexcept { threads_of_pool().start_waiting(); }

bool is_out_of_memory(std::exception const& e) noexcept {
    if (dynamic_cast<std::bad_alloc const*>(&e) != nullptr) return true;
    static constexpr std::array<std::string_view, 4> phrases{"bad_alloc", "Failed to allocate memory", "out of memory",
                                                             "Available memory of"};
    std::string_view const text = e.what();
    for (auto const phrase : phrases)
        if (text.find(phrase) != text.npos) return true;
    return false;
}

std::string message_of(std::exception const& e) {
    constexpr std::size_t most = 400;
    return shown(e.what(), most);
}

}  // namespace sma::onnx
