// Tag of an operation on gRPC's completion queue.
#pragma once

#include <memory>
#include <utility>

namespace sma::grpc {

/// The thread of the server takes it from the queue, runs it and destroys it.
class tag {
public:
    virtual ~tag() = default;
    virtual void run(bool succeeded) = 0;
};

/// Runs a function object.
template <class Function>
class function_tag : public tag {
public:
    explicit function_tag(Function f) : function_(std::move(f)) {}
    void run(bool succeeded) override { function_(succeeded); }

private:
    Function function_;
};

template <class Function>
tag* make_tag(Function f) {
    return std::make_unique<function_tag<Function>>(std::move(f)).release();
}

}  // namespace sma::grpc
