// Bytes of a protobuf message, in gRPC's buffers.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <stdexcept>

namespace sma::grpc {

/// False if the bytes are no such message.
template <class Message>
bool parse(::grpc::ByteBuffer& bytes, Message& to) {
    return ::grpc::SerializationTraits<Message>::Deserialize(&bytes, &to).ok();
}

/// Throws std::runtime_error if the message is larger than 2 GiB.
template <class Message>
::grpc::ByteBuffer bytes_of(Message const& message) {
    ::grpc::ByteBuffer bytes;
    bool own = false;
    if (!::grpc::SerializationTraits<Message>::Serialize(message, &bytes, &own).ok())
        throw std::runtime_error("a message is too large");
    return bytes;
}

}  // namespace sma::grpc
