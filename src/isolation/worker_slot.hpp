// The worker process of one decode thread, and those that follow it.
#pragma once

#include "restart_pause.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/tensor_buffer.hpp"
#include "sma/image/dimensions.hpp"
#include "sma/image/preprocess.hpp"
#include "sma/isolation/isolated_work.hpp"
#include "worker_process.hpp"

#include <memory>
#include <string_view>

namespace sma::isolation {

/// Room for the largest file, and for a tensor of any type and of any model: a reload may change its sides. What is not
/// written to takes no memory.
memory_layout layout_for(isolation_options const& options);

/// An image file, and the name of its format.
struct image_file {
    std::string_view bytes;
    std::string_view format;
};

/// Belongs to one thread.
class worker_slot {
public:
    worker_slot(isolation_options const& options, metrics& m) : options_(options), metrics_(m) {}

    /// Errors: those of a decoder; preprocessing_failed, if the worker fails on this file; queue_full, while none may
    /// be started.
    result<image::dimensions> probe(image_file const& file, request_context const& context);
    result<void> decode(image_file const& file, request_context const& context, image::preprocess_options const& how,
                        tensor_buffer& out);

private:
    result<image::dimensions> run(order const& o, image_file const& file, request_context const& context);
    result<worker_process*> running_worker();
    result<worker_process*> start();
    result<image::dimensions> settle(order const& o, result<image::dimensions> outcome);
    error failure(worker_process::silence why, image_file const& file, request_context const& context);
    void report(worker_process::silence why, image_file const& file, request_context const& context);

    isolation_options const& options_;
    metrics& metrics_;
    restart_pause pause_;
    std::unique_ptr<worker_process> worker_;
};

}  // namespace sma::isolation
