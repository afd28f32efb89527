import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EnrolReply as _portmoot_v1_EnrolReply, EnrolReply__Output as _portmoot_v1_EnrolReply__Output } from '../../portmoot/v1/EnrolReply.ts';
import type { EnrolRequest as _portmoot_v1_EnrolRequest, EnrolRequest__Output as _portmoot_v1_EnrolRequest__Output } from '../../portmoot/v1/EnrolRequest.ts';

export interface EnrolmentClient extends grpc.Client {
  Enrol(argument: _portmoot_v1_EnrolRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _portmoot_v1_EnrolRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _portmoot_v1_EnrolRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _portmoot_v1_EnrolRequest, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  enrol(argument: _portmoot_v1_EnrolRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  enrol(argument: _portmoot_v1_EnrolRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  enrol(argument: _portmoot_v1_EnrolRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  enrol(argument: _portmoot_v1_EnrolRequest, callback: grpc.requestCallback<_portmoot_v1_EnrolReply__Output>): grpc.ClientUnaryCall;
  
}

export interface EnrolmentHandlers extends grpc.UntypedServiceImplementation {
  Enrol: grpc.handleUnaryCall<_portmoot_v1_EnrolRequest__Output, _portmoot_v1_EnrolReply>;
  
}

export interface EnrolmentDefinition extends grpc.ServiceDefinition {
  Enrol: MethodDefinition<_portmoot_v1_EnrolRequest, _portmoot_v1_EnrolReply, _portmoot_v1_EnrolRequest__Output, _portmoot_v1_EnrolReply__Output>
}
